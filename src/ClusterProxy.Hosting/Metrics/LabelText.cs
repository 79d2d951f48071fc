using System.Globalization;
using System.Text;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>Names, label sets and escapes of the exposition format.</summary>
internal static class LabelText
{
    /// <summary><c>a="1",b="2"</c> with names sorted, so that one label set has one text.</summary>
    public static string Format(string metric, ReadOnlySpan<KeyValuePair<string, object?>> tags, bool isHistogram)
    {
        var sorted = tags.ToArray();
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        var text = new StringBuilder();
        for (var i = 0; i < sorted.Length; i++)
        {
            var name = sorted[i].Key;
            if (!IsLabelName(name) || (isHistogram && name == "le") || (i > 0 && name == sorted[i - 1].Key))
            {
                throw new InvalidOperationException($"Metric {metric} was recorded with the label \"{name}\", which cannot be exported.");
            }

            text.Append(i > 0 ? "," : "").Append(name).Append("=\"");
            AppendEscaped(text, Convert.ToString(sorted[i].Value, CultureInfo.InvariantCulture) ?? "", quotes: true);
            text.Append('"');
        }

        return text.ToString();
    }

    public static void AppendEscaped(StringBuilder text, string value, bool quotes)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '"' when quotes => text.Append("\\\""),
                _ => text.Append(c),
            };
        }
    }

    public static bool IsMetricName(string name) => IsName(name, colon: true);

    private static bool IsLabelName(string name) => IsName(name, colon: false) && !name.StartsWith("__", StringComparison.Ordinal);

    private static bool IsName(string name, bool colon) =>
        name.Length > 0
        && !char.IsAsciiDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (colon && c == ':'));
}
