namespace ClusterProxy.Testing.Programs;

/// <summary>One line that a program wrote.</summary>
public sealed record ProgramLine(string Text, bool IsError)
{
    public override string ToString() => $"  {(IsError ? "err" : "out")}| {Text}";
}
