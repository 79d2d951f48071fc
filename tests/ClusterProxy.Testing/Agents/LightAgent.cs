using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Testing.Agents;

/// <summary>One of <see cref="LightAgents"/>.</summary>
public sealed class LightAgent : IAsyncDisposable
{
    private readonly ServerPool _pool;

    internal LightAgent(string cluster, ServerPool pool)
    {
        Cluster = cluster;
        _pool = pool;
    }

    public string Cluster { get; }

    /// <summary>Those that take new dials and whose server is there.</summary>
    public int OpenTunnels => _pool.OpenTunnels;

    public ValueTask DisposeAsync() => _pool.DisposeAsync();
}
