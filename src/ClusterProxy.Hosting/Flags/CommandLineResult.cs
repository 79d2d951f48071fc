using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Hosting.Flags;

/// <summary>What a program's command line comes to: options to run with, or a text and an exit code to end with.</summary>
public sealed class CommandLineResult<TOptions>
    where TOptions : class
{
    internal CommandLineResult(TOptions? options, string text, int exitCode)
    {
        Options = options;
        Text = text;
        ExitCode = exitCode;
    }

    public TOptions? Options { get; }

    [MemberNotNullWhen(true, nameof(Options))]
    public bool ShouldRun => Options is not null;

    /// <summary>Help, version, or the errors, one sentence a line; no line end behind the last.</summary>
    public string Text { get; }

    public int ExitCode { get; }

    /// <summary>Prints what there is to say where it belongs and gives the exit code.</summary>
    public int Print(TextWriter output, TextWriter error)
    {
        (ExitCode == 0 ? output : error).WriteLine(Text);
        return ExitCode;
    }
}
