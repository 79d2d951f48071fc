using System.Globalization;
using System.Text;

namespace ClusterProxy.Testing;

/// <summary>
/// A strict reader of Prometheus' text format 0.0.4. It refuses more than a scraper would: whatever is not exactly as the format's
/// description says, and whatever a client library would never write. Written from that description, not from our exporter.
/// </summary>
public static class PrometheusTextParser
{
    public static IReadOnlyDictionary<string, PrometheusFamily> Parse(string text)
    {
        Require(text.Length == 0 || text.EndsWith('\n'), "the last line must end with a line feed");
        Require(!text.Contains('\r', StringComparison.Ordinal), "a carriage return");
        var families = new Dictionary<string, PrometheusFamily>(StringComparer.Ordinal);
        var builder = (FamilyBuilder?)null;
        foreach (var (line, number) in text.Split('\n')[..^1].Select((l, i) => (l, i + 1)))
        {
            try
            {
                builder = ReadLine(line, builder, families);
            }
            catch (FormatException e)
            {
                throw new FormatException($"line {number}: {e.Message}: {line}", e);
            }
        }

        Close(builder, families);
        return families;
    }

    private static FamilyBuilder? ReadLine(string line, FamilyBuilder? current, Dictionary<string, PrometheusFamily> families)
    {
        Require(line.Length > 0, "an empty line");
        if (line.StartsWith("# HELP ", StringComparison.Ordinal))
        {
            Close(current, families);
            var (name, help) = SplitOnce(line["# HELP ".Length..]);
            Require(!families.ContainsKey(name), $"a second HELP or scattered samples for {name}");
            return new FamilyBuilder(name, UnescapeHelp(help));
        }

        Require(current is not null, "HELP must come first");
        if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
        {
            var (name, type) = SplitOnce(line["# TYPE ".Length..]);
            Require(name == current!.Name, $"TYPE of {name} after HELP of {current.Name}");
            Require(current.Type is null, $"a second TYPE for {name}");
            Require(type is "counter" or "gauge" or "histogram" or "summary" or "untyped", $"unknown type {type}");
            current.Type = type;
            return current;
        }

        Require(line[0] != '#', "a comment that is neither HELP nor TYPE");
        Require(current!.Type is not null, "a sample before its TYPE");
        current.Add(new SampleReader(line).Read());
        return current;
    }

    private static void Close(FamilyBuilder? builder, Dictionary<string, PrometheusFamily> families)
    {
        if (builder is not null)
        {
            families.Add(builder.Name, builder.Build());
        }
    }

    private static (string Name, string Remainder) SplitOnce(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        Require(space > 0, "no space after the name");
        Require(IsName(text[..space], colon: true), $"bad metric name {text[..space]}");
        return (text[..space], text[(space + 1)..]);
    }

    private static string UnescapeHelp(string help)
    {
        var text = new StringBuilder();
        for (var i = 0; i < help.Length; i++)
        {
            if (help[i] != '\\')
            {
                text.Append(help[i]);
                continue;
            }

            i++;
            Require(i < help.Length && help[i] is '\\' or 'n', "a bad escape in HELP");
            text.Append(help[i] == 'n' ? '\n' : '\\');
        }

        return text.ToString();
    }

    internal static bool IsName(string name, bool colon) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (colon && c == ':'));

    internal static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new FormatException(problem);
        }
    }

    private sealed class SampleReader(string line)
    {
        private int _at;

        public PrometheusSample Read()
        {
            var name = Until('{', ' ');
            Require(IsName(name, colon: true), $"bad sample name {name}");
            var labels = new Dictionary<string, string>(StringComparer.Ordinal);
            if (line[_at] == '{')
            {
                ReadLabels(labels);
            }

            Require(_at < line.Length && line[_at] == ' ', "one space must precede the value");
            var raw = line[(_at + 1)..];
            return new PrometheusSample(name, labels, Number(raw), raw);
        }

        private static double Number(string raw)
        {
            Require(raw.Length > 0 && !raw.Contains(' ', StringComparison.Ordinal), "a bad value or a timestamp");
            switch (raw)
            {
                case "+Inf":
                    return double.PositiveInfinity;
                case "-Inf":
                    return double.NegativeInfinity;
                case "NaN":
                    return double.NaN;
                default:
                    Require(char.IsAsciiDigit(raw[0]) || raw[0] == '-', "a value must start with a digit or a minus");
                    Require(!raw.Contains('E', StringComparison.Ordinal), "Go writes a small e");
                    Require(double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var value), "not a number");
                    return value;
            }
        }

        private void ReadLabels(Dictionary<string, string> labels)
        {
            do
            {
                _at++;
                var name = Until('=', '}');
                Require(IsName(name, colon: false), $"bad label name \"{name}\"");
                _at++;
                Require(_at < line.Length && line[_at] == '"', "a label value must be quoted");
                Require(labels.TryAdd(name, Quoted()), $"label {name} twice");
                Require(_at < line.Length && line[_at] is ',' or '}', "a comma or a brace must follow a label");
            }
            while (line[_at] == ',');
            _at++;
        }

        private string Quoted()
        {
            var value = new StringBuilder();
            for (_at++; ; _at++)
            {
                Require(_at < line.Length, "a label value without end");
                switch (line[_at])
                {
                    case '"':
                        _at++;
                        return value.ToString();
                    case '\\':
                        _at++;
                        Require(_at < line.Length && line[_at] is '\\' or '"' or 'n', "a bad escape in a label");
                        value.Append(line[_at] == 'n' ? '\n' : line[_at]);
                        break;
                    default:
                        value.Append(line[_at]);
                        break;
                }
            }
        }

        private string Until(char one, char other)
        {
            var end = line.AsSpan(_at).IndexOfAny(one, other);
            Require(end >= 0, $"neither {one} nor {other} follows");
            var text = line.Substring(_at, end);
            _at += end;
            return text;
        }
    }

    private sealed class FamilyBuilder(string name, string help)
    {
        private readonly List<PrometheusSample> _samples = [];

        public string Name => name;

        public string? Type { get; set; }

        public void Add(PrometheusSample sample)
        {
            var isTotal = sample.Name == name + "_sum" || sample.Name == name + "_count";
            var allowed = Type switch
            {
                "histogram" => isTotal || sample.Name == name + "_bucket",
                "summary" => isTotal || (sample.Name == name && sample.Labels.ContainsKey("quantile")),
                _ => sample.Name == name,
            };
            Require(allowed, $"sample {sample.Name} does not belong to {Type} {name}");
            Require(!_samples.Exists(s => s.Name == sample.Name && Key(s, "") == Key(sample, "")), "the same sample twice");
            Require(Type != "counter" || sample.Value >= 0, "a counter below 0 or NaN");
            _samples.Add(sample);
        }

        public PrometheusFamily Build()
        {
            Require(Type is not null, $"{name} has HELP but no TYPE");
            Require(_samples.Count > 0, $"{name} has no samples");
            if (Type == "histogram")
            {
                foreach (var group in _samples.GroupBy(s => Key(s, "le"), StringComparer.Ordinal))
                {
                    CheckHistogram([.. group]);
                }
            }

            return new PrometheusFamily(name, Type!, help, _samples);
        }

        private static string Key(PrometheusSample sample, string without) => string.Join(
            '\u0001', sample.Labels.Where(l => l.Key != without).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}\u0002{l.Value}"));

        private void CheckHistogram(PrometheusSample[] samples)
        {
            Require(samples.Length >= 3, $"histogram {name} is incomplete");
            var buckets = samples[..^2];
            Require(buckets.All(b => b.Name == name + "_bucket"), $"{name}: buckets come first, in one block");
            Require(samples[^2].Name == name + "_sum" && samples[^1].Name == name + "_count", $"{name}: _sum, then _count must end it");
            Require(buckets[^1].Labels.GetValueOrDefault("le") == "+Inf", $"{name}: the last bucket must be +Inf");
            var bounds = buckets.Select(b => b.Labels["le"]).Select(le => le == "+Inf" ? double.PositiveInfinity : double.Parse(le, CultureInfo.InvariantCulture)).ToArray();
            for (var i = 1; i < buckets.Length; i++)
            {
                Require(bounds[i] > bounds[i - 1], $"{name}: bounds must grow");
                Require(buckets[i].Value >= buckets[i - 1].Value, $"{name}: buckets must be cumulative");
            }

            Require(buckets[^1].Value.Equals(samples[^1].Value), $"{name}: +Inf must equal _count");
        }
    }
}
