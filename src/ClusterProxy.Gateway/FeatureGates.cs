using System.Diagnostics.CodeAnalysis;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway;

/// <summary>
/// Upstream's feature gates. Health is always read, and Secrets and ManagedClusters are always cached, so of its own only
/// <c>ClientIdentityPenetration</c> decides something; the API server library's are accepted.
/// </summary>
/// <param name="Text">As given.</param>
/// <param name="ImpersonatesCallers">
/// <c>ClientIdentityPenetration</c>; null when it is not named. On unless somebody turns it off, other than upstream: without it every
/// caller acts with the gateway's own rights.
/// </param>
/// <param name="RejectsUnhealthy"><c>HealthinessCheck</c>: whether requests to a cluster marked unhealthy are refused, as upstream's text says.</param>
internal sealed record FeatureGates(string Text, bool? ImpersonatesCallers, bool RejectsUnhealthy)
{
    public static FeatureGates Default { get; } = new("", null, false);

    public static FlagType<FeatureGates> FlagType { get; } = new(
        "gates", TryParse, static gates => gates.Text, "is not a list of gates: write name=true or name=false, with commas between");

    public static bool TryParse(string text, [MaybeNullWhen(false)] out FeatureGates gates)
    {
        gates = Default with { Text = text };
        foreach (var item in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (item.Split('=') is not [var name, var word] || !bool.TryParse(word, out var isOn))
            {
                return false;
            }

            gates = name switch
            {
                "ClientIdentityPenetration" => gates with { ImpersonatesCallers = isOn },
                "HealthinessCheck" => gates with { RejectsUnhealthy = isOn },
                _ => gates,
            };
        }

        return true;
    }
}
