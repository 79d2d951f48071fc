using System.CommandLine;

namespace ClusterProxy.Cli.Completion;

/// <summary><c>clusterproxy completion</c>.</summary>
internal static class CompletionCommand
{
    private const string Description =
        """
        Print the script that completes commands and options in a shell.

        Examples:
          source <(clusterproxy completion bash)
          clusterproxy completion zsh > "${fpath[1]}/_clusterproxy"
          clusterproxy completion fish > ~/.config/fish/completions/clusterproxy.fish
          clusterproxy completion pwsh | Out-String | Invoke-Expression
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh" };
        var names = Enum.GetNames<Shell>().Select(static name => name.ToLowerInvariant()).ToArray();
        shell.AcceptOnlyFromAmong(names);
        var command = new Command("completion", Description) { shell };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(CompletionScripts.For(Enum.Parse<Shell>(parsed.GetValue(shell)!, ignoreCase: true)));
            return ExitCodes.Success;
        });
        return command;
    }
}
