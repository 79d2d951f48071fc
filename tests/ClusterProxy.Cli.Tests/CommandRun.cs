using System.CommandLine;

namespace ClusterProxy.Cli.Tests;

/// <summary>One run of a command with its output caught.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Errors)
{
    public static CommandRun Of(Command command, params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var root = new RootCommand { command };
        var exitCode = root.Parse([command.Name, .. args]).Invoke(new InvocationConfiguration { Output = output, Error = errors });
        return new CommandRun(exitCode, output.ToString(), errors.ToString());
    }
}
