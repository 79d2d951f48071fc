using System.Globalization;

namespace ClusterProxy.Agent.Targets;

/// <summary>Ports from one number to another, both included.</summary>
internal readonly record struct PortRange(int First, int Last)
{
    public static PortRange All { get; } = new(0, 65535);

    public bool Contains(int port) => port >= First && port <= Last;

    /// <param name="text"><c>443</c> or <c>8000-9000</c>.</param>
    /// <param name="range">The result.</param>
    public static bool TryParse(string text, out PortRange range)
    {
        range = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var first = dash < 0 ? text : text[..dash];
        var last = dash < 0 ? text : text[(dash + 1)..];
        if (!TryParsePort(first, out var from) || !TryParsePort(last, out var to) || from > to)
        {
            return false;
        }

        range = new PortRange(from, to);
        return true;
    }

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;
}
