namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>Topologies that the tests of a class share, each started when it is first asked for.</summary>
public sealed class TopologyFixture : IAsyncLifetime
{
    private readonly Dictionary<(Pairing, Transport?), Topology> _topologies = [];

    /// <param name="pairing">Whose server and agent.</param>
    /// <param name="transport">Of the frontends to come.</param>
    public async Task<Topology> GetAsync(Pairing pairing, Transport transport)
    {
        // Upstream's server serves one transport, so there is one for each.
        var key = (pairing, pairing.Server() == Maker.Upstream ? transport : (Transport?)null);
        if (!_topologies.TryGetValue(key, out var topology))
        {
            topology = await Topology.StartAsync(pairing, transport);
            _topologies.Add(key, topology);
        }

        return topology;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var topology in _topologies.Values)
        {
            await topology.DisposeAsync();
        }
    }
}
