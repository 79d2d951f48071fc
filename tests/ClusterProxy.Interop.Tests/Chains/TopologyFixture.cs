namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>Topologies that the tests of a class share, each started when it is first asked for.</summary>
public sealed class TopologyFixture : IAsyncLifetime
{
    private readonly Dictionary<Pairing, Topology> _topologies = [];

    public async Task<Topology> GetAsync(Pairing pairing)
    {
        if (!_topologies.TryGetValue(pairing, out var topology))
        {
            topology = await Topology.StartAsync(pairing);
            _topologies.Add(pairing, topology);
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
