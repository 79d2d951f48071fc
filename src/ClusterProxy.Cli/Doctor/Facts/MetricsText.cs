using System.Globalization;
using System.Text;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Reads Prometheus' text format 0.0.4, ours or upstream's; lines that are none are stepped over.</summary>
internal static class MetricsText
{
    public static IReadOnlyList<MetricSample> Parse(string text) =>
        [.. text.Split('\n').Where(static l => l.Length > 0 && l[0] != '#').Select(ParseLine).OfType<MetricSample>()];

    private static MetricSample? ParseLine(string line)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var nameEnd = line.AsSpan().IndexOfAny('{', ' ');
        if (nameEnd <= 0)
        {
            return null;
        }

        var at = nameEnd;
        if (line[at] == '{' && !TryReadLabels(line, ref at, labels))
        {
            return null;
        }

        var value = line[at..].Trim().Split(' ')[0];
        return TryParse(value, out var number) ? new MetricSample(line[..nameEnd], labels, number) : null;
    }

    /// <param name="line">The whole line.</param>
    /// <param name="at">At the brace; afterwards behind its partner.</param>
    /// <param name="labels">Gets them.</param>
    private static bool TryReadLabels(string line, ref int at, Dictionary<string, string> labels)
    {
        at++;
        while (at < line.Length && line[at] != '}')
        {
            var equals = line.IndexOf("=\"", at, StringComparison.Ordinal);
            if (equals < 0)
            {
                return false;
            }

            var name = line[at..equals].Trim(',', ' ');
            at = equals + 2;
            if (!TryReadValue(line, ref at, out var value))
            {
                return false;
            }

            labels[name] = value;
            at += at < line.Length && line[at] == ',' ? 1 : 0;
        }

        return ++at <= line.Length;
    }

    private static bool TryReadValue(string line, ref int at, out string value)
    {
        var text = new StringBuilder();
        for (; at < line.Length && line[at] != '"'; at++)
        {
            if (line[at] != '\\' || at + 1 == line.Length)
            {
                text.Append(line[at]);
                continue;
            }

            text.Append(line[++at] == 'n' ? '\n' : line[at]);
        }

        value = text.ToString();
        return ++at <= line.Length;
    }

    private static bool TryParse(string text, out double value)
    {
        value = text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.NaN,
        };
        return !double.IsNaN(value) || text == "NaN" || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }
}
