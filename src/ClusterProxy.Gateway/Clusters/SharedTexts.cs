using System.Collections.Immutable;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>Names and values of labels that a whole fleet has in common, each kept once. Not for several threads at a time.</summary>
internal sealed class SharedTexts
{
    /// <summary>Values may be different for each cluster; those that came first are as likely to come again as any.</summary>
    private const int MaxTexts = 1024;

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>The same labels, sorted as a <see cref="Cluster"/> has them, so that it takes over the very same.</summary>
    public ImmutableSortedDictionary<string, string>? Share(IReadOnlyDictionary<string, string>? labels) => labels?.ToImmutableSortedDictionary(
        label => Share(label.Key), label => Share(label.Value), StringComparer.Ordinal);

    private string Share(string text)
    {
        if (_texts.TryGetValue(text, out var shared))
        {
            return shared;
        }

        if (_texts.Count < MaxTexts)
        {
            _texts.Add(text, text);
        }

        return text;
    }
}
