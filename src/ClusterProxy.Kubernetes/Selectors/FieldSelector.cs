using System.Text;

namespace ClusterProxy.Kubernetes.Selectors;

/// <summary>A field selector: <c>a=b,c==d,e!=f</c>, with commas, equals signs and backslashes of values behind a backslash.</summary>
public sealed class FieldSelector
{
    private FieldSelector(IReadOnlyList<FieldRequirement> requirements) => Requirements = requirements;

    public static FieldSelector Everything { get; } = new([]);

    public IReadOnlyList<FieldRequirement> Requirements { get; }

    /// <summary>The object of that name alone.</summary>
    public static FieldSelector ForName(string name) => new([new FieldRequirement("metadata.name", name, IsEqual: true)]);

    /// <exception cref="FormatException">Not Kubernetes' selector syntax.</exception>
    public static FieldSelector Parse(string text)
    {
        var requirements = Split(text).Where(static p => p.Length > 0).Select(p => Requirement(p, text)).ToArray();
        return requirements is [] ? Everything : new FieldSelector(requirements);
    }

    /// <param name="field">Gives the value at a path; null and empty are the same.</param>
    public bool Matches(Func<string, string?> field)
    {
        foreach (var requirement in Requirements)
        {
            if ((field(requirement.Path) ?? "") == requirement.Value != requirement.IsEqual)
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => string.Join(',', Requirements);

    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static FieldRequirement Requirement(string part, string text)
    {
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] == '\\')
            {
                i++;
                continue;
            }

            var length = part.AsSpan(i) switch
            {
                ['!', '=', ..] or ['=', '=', ..] => 2,
                ['=', ..] => 1,
                _ => 0,
            };
            if (length > 0 && i > 0)
            {
                return new FieldRequirement(part[..i].Trim(), Unescape(part[(i + length)..], text), part[i] != '!');
            }
        }

        throw new FormatException($"field selector \"{text}\": \"{part}\" is no requirement; write field=value or field!=value");
    }

    private static string Unescape(string value, string text)
    {
        var result = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var character = value[i];
            if (character is '=')
            {
                throw new FormatException($"field selector \"{text}\": put a backslash before \"=\" in \"{value}\"");
            }

            if (character is '\\' && (++i == value.Length || value[i] is not ('\\' or ',' or '=')))
            {
                throw new FormatException($"field selector \"{text}\": a backslash in \"{value}\" must precede \\, \",\" or \"=\"");
            }

            result.Append(value[i]);
        }

        return result.ToString();
    }
}
