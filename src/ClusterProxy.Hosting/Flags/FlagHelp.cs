using System.Text;

namespace ClusterProxy.Hosting.Flags;

/// <summary>Lays out <c>--help</c>: groups in order of declaration, each flag's text on lines of its own below its name.</summary>
internal static class FlagHelp
{
    private const int Width = 100;
    private const string TextIndent = "          ";

    public static string Format(FlagSet flags)
    {
        var text = new StringBuilder();
        text.Append(flags.Summary).Append("\n\nUsage:\n  ").Append(flags.Program).Append(" [flags]\n");
        foreach (var group in flags.Flags.GroupBy(flag => flag.Group, StringComparer.Ordinal))
        {
            text.Append('\n').Append(group.Key).Append(":\n");
            foreach (var flag in group)
            {
                AppendFlag(text, flag);
            }
        }

        return text.ToString();
    }

    private static void AppendFlag(StringBuilder text, Flag flag)
    {
        text.Append(flag.Shorthand is { } shorthand ? $"  -{shorthand}, --" : "      --").Append(flag.Name);
        if (flag.Placeholder.Length > 0)
        {
            text.Append(' ').Append(flag.Placeholder);
        }

        text.Append('\n');
        AppendWrapped(text, Describe(flag));
    }

    private static string Describe(Flag flag)
    {
        var origin = flag.EnvironmentVariable is { } variable ? $" [${variable}]" : "";
        var preset = flag.DefaultText.Length > 0 ? $" (default {flag.DefaultText})" : "";
        return flag.Help + origin + preset;
    }

    private static void AppendWrapped(StringBuilder text, string words)
    {
        var column = 0;
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column == 0 || column + 1 + word.Length > Width)
            {
                text.Append(column == 0 ? "" : "\n").Append(TextIndent).Append(word);
                column = TextIndent.Length + word.Length;
            }
            else
            {
                text.Append(' ').Append(word);
                column += 1 + word.Length;
            }
        }

        text.Append('\n');
    }
}
