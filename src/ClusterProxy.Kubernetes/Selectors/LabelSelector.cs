using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Kubernetes.Selectors;

/// <summary>A label selector: all requirements must hold. None selects everything.</summary>
public sealed class LabelSelector
{
    private LabelSelector(IReadOnlyList<LabelRequirement> requirements) => Requirements = requirements;

    public static LabelSelector Everything { get; } = new([]);

    public IReadOnlyList<LabelRequirement> Requirements { get; }

    /// <summary>Exactly these labels, as <c>--lease-label</c> and owners of objects write them.</summary>
    public static LabelSelector Of(IEnumerable<KeyValuePair<string, string>> labels) =>
        new([.. labels.Select(static l => new LabelRequirement(l.Key, LabelOperator.In, [l.Value]))]);

    /// <exception cref="FormatException">Not Kubernetes' selector syntax; the text says where.</exception>
    public static LabelSelector Parse(string text) => new LabelSelectorParser(text).Parse() is { Count: > 0 } requirements
        ? new LabelSelector(requirements)
        : Everything;

    public static bool TryParse(string text, [NotNullWhen(true)] out LabelSelector? selector, [NotNullWhen(false)] out string? error)
    {
        try
        {
            (selector, error) = (Parse(text), null);
            return true;
        }
        catch (FormatException e)
        {
            (selector, error) = (null, e.Message);
            return false;
        }
    }

    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        foreach (var requirement in Requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => string.Join(',', Requirements);
}
