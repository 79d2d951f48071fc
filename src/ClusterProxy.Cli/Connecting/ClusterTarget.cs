using System.CommandLine.Parsing;
using ClusterProxy.Client;

namespace ClusterProxy.Cli.Connecting;

/// <summary>What a user names: a cluster, which means its API at port 443, or any host:port.</summary>
internal static class ClusterTarget
{
    public const int ApiPort = 443;
    public const string HelpName = "cluster|host:port";

    public static bool TryParse(string text, out TunnelTarget target)
    {
        if (TunnelTarget.TryParse(text, out var parsed) || (!text.Contains(':', StringComparison.Ordinal) && TunnelTarget.TryParse($"{text}:{ApiPort}", out parsed)))
        {
            target = parsed;
            return true;
        }

        target = null!;
        return false;
    }

    /// <summary>For arguments: all tokens, each a target or several with commas between, with an error for each that is none.</summary>
    public static TunnelTarget[] ParseAll(ArgumentResult result)
    {
        var targets = new List<TunnelTarget>();
        foreach (var text in result.Tokens.SelectMany(static t => t.Value.Split(',')))
        {
            if (TryParse(text, out var target))
            {
                targets.Add(target);
            }
            else
            {
                result.AddError($"\"{text}\" is no target; write a cluster's name, host:port or [::1]:port");
            }
        }

        return [.. targets];
    }
}
