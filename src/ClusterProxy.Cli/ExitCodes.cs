using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace ClusterProxy.Cli;

/// <summary>What every command's exit code means.</summary>
internal static class ExitCodes
{
    /// <summary>It did what was asked.</summary>
    public const int Success = 0;

    /// <summary>It could not, or found something unhealthy; the text on standard error says what.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Runs a parsed command line; a wrong one gets its errors and <see cref="Usage"/>.</summary>
    public static async Task<int> RunAsync(ParseResult parsed, InvocationConfiguration configuration, CancellationToken cancellationToken = default)
    {
        if (parsed.Action is not ParseErrorAction wrong)
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }

        // A page of help would push the one line that matters off the screen.
        wrong.ShowHelp = false;
        await parsed.InvokeAsync(configuration, cancellationToken);
        await configuration.Error.WriteLineAsync($"Run `{Path(parsed.CommandResult)} --help` for usage and examples.");
        return Usage;
    }

    private static string Path(SymbolResult result) =>
        result is { Parent: { } parent } and CommandResult command ? $"{Path(parent)} {command.Command.Name}" : "clusterproxy";
}
