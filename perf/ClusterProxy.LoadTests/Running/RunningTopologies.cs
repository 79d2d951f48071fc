using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Running;

/// <summary>
/// The topologies that stay up for the whole run. Those that differ only in the frontend share their processes.
/// </summary>
internal sealed class RunningTopologies : IAsyncDisposable
{
    private readonly List<(TopologyPlan Plan, Topology Topology)> _running = [];
    private readonly Dictionary<string, string> _missing = [];

    /// <summary>Why a topology is left out, by its name.</summary>
    public IReadOnlyDictionary<string, string> Missing => _missing;

    public IReadOnlyList<(TopologyPlan Plan, Topology Topology)> All => _running;

    public static async Task<RunningTopologies> StartAsync(
        IEnumerable<TopologyPlan> plans, Rig rig, CancellationToken cancellationToken)
    {
        var topologies = new RunningTopologies();
        Dictionary<PairSettings, ProxyPair> pairs = [];
        foreach (var plan in plans)
        {
            if (plan.Missing is { } missing)
            {
                topologies._missing[plan.Name] = missing;
                continue;
            }

            Topology topology;
            if (plan.Pair is { } settings)
            {
                pairs.TryAdd(settings, new ProxyPair(rig, settings));
                topology = plan.Create(rig, pairs[settings]);
            }
            else
            {
                topology = plan.Create(rig);
            }

            try
            {
                await topology.StartAsync(cancellationToken);
                topologies._running.Add((plan, topology));
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                topologies._missing[plan.Name] = e.Message;
                await topology.StopAsync();
            }
        }

        return topologies;
    }

    /// <summary>New processes for this topology and for all that share them.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        foreach (var (_, topology) in _running)
        {
            await topology.StopAsync();
        }

        foreach (var (_, topology) in _running)
        {
            await topology.StartAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, topology) in _running)
        {
            await topology.DisposeAsync();
        }
    }
}
