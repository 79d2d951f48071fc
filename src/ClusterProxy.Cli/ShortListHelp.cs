using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace ClusterProxy.Cli;

/// <summary>
/// Help that lists subcommands by the first paragraph of their description and keeps the rest, examples included, for each
/// command's own help.
/// </summary>
internal sealed class ShortListHelp(HelpAction inner) : SynchronousCommandLineAction
{
    public static void Use(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new ShortListHelp((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        foreach (var command in parseResult.CommandResult.Command.Subcommands)
        {
            command.Description = command.Description?.Split("\n\n")[0].ReplaceLineEndings(" ");
        }

        return inner.Invoke(parseResult);
    }
}
