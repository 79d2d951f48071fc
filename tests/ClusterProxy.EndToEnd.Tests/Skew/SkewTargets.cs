using ClusterProxy.Agent;
using ClusterProxy.Protocol;

namespace ClusterProxy.EndToEnd.Tests.Skew;

/// <summary>Targets under names of their own for each agent, so that a dial says which agent it is for.</summary>
internal sealed class SkewTargets : IAsyncDisposable
{
    private readonly PatternTarget _pattern = new();
    private readonly HalfCloseEchoTarget _halfClose = new();
    private readonly RefusingPort _refusing = new();

    public string Pattern(TunnelFeatureSet agent) => $"pattern-{(int)agent}:1";

    public string HalfClose(TunnelFeatureSet agent) => $"half-close-{(int)agent}:1";

    public string Refusing(TunnelFeatureSet agent) => $"refusing-{(int)agent}:1";

    /// <summary>An agent that lacks something and has the dials of all names that say so.</summary>
    public AgentOptions Lead(AgentOptions options, TunnelFeatureSet lacks) => options with
    {
        WithoutFeatures = lacks,
        AgentIdentifiers = $"host=pattern-{(int)lacks}&host=half-close-{(int)lacks}&host=refusing-{(int)lacks}",
        TargetAlias =
        [
            $"{Pattern(lacks)}={_pattern.Address}", $"{HalfClose(lacks)}={_halfClose.Address}", $"{Refusing(lacks)}={_refusing.Address}",
        ],
    };

    public async ValueTask DisposeAsync()
    {
        await _pattern.DisposeAsync();
        await _halfClose.DisposeAsync();
        _refusing.Dispose();
    }
}
