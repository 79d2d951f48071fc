using Spectre.Console;

namespace ClusterProxy.Cli;

/// <summary>What tables are drawn on: with colours and wrapping on a terminal, as plain text anywhere else.</summary>
internal static class TableConsole
{
    /// <summary>Wide enough that nothing wraps where a line is read by a program.</summary>
    private const int PlainWidth = 2000;

    public static IAnsiConsole Create(TextWriter output, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = InteractionSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = PlainWidth;
        }

        return console;
    }
}
