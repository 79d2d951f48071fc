using System.CommandLine;
using System.CommandLine.Parsing;

namespace ClusterProxy.Cli.Certs;

internal static class CommaSeparated
{
    /// <summary>An option that takes <c>a,b</c>, and may be given more than once.</summary>
    public static Option<string[]> Option(string name, string description, string valueName) => new(name)
    {
        Description = description,
        HelpName = valueName,
        CustomParser = Split,
    };

    private static string[] Split(ArgumentResult result) =>
        [.. result.Tokens.SelectMany(static t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
