using System.Collections.Immutable;
using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Server.Fleet;

/// <summary>The servers of <c>--servers</c>.</summary>
internal sealed class FixedServers(IEnumerable<FleetServer> servers) : IServerSource
{
    public ImmutableArray<FleetServer> Servers { get; } = [.. servers];

    public void Start(Action changed)
    {
        // They never change.
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
