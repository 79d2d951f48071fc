using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Protocol;

/// <summary>A list of features as an operator writes it: unlike an announcement, which may come from the future, it has no unknown names.</summary>
internal static class TunnelFeatureList
{
    public static bool TryParse(string text, [MaybeNullWhen(false)] out TunnelFeatureSet features)
    {
        features = TunnelFeatures.Parse(text);
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.All(static n => TunnelFeatures.Parse(n) != TunnelFeatureSet.None);
    }
}
