namespace ClusterProxy.Hosting.Audit;

/// <summary>Lines for whatever collects the process's standard output; its log goes to standard error.</summary>
public sealed class AuditStandardOutput : IAuditOutput
{
    private readonly Stream _stream = Console.OpenStandardOutput();

    public void Write(ReadOnlySpan<byte> lines)
    {
        _stream.Write(lines);
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();
}
