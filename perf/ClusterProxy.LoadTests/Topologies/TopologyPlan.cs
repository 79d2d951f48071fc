namespace ClusterProxy.LoadTests.Topologies;

/// <summary>A topology that can be made any number of times.</summary>
/// <param name="Name">As the table prints it.</param>
/// <param name="Kind">What it is made of.</param>
/// <param name="Missing">Why it cannot run here; null when it can.</param>
internal sealed record TopologyPlan(string Name, TopologyKind Kind, string? Missing)
{
    /// <summary>The frontend of a proxy pair.</summary>
    public FrontendKind? Frontend { get; init; }

    public PairSettings? Pair { get; init; }

    /// <summary>Whether it is one of the references that ratios are taken to.</summary>
    public bool IsReference => Kind is TopologyKind.Direct or TopologyKind.Haproxy or TopologyKind.Ssh;

    public Topology Create(Rig rig, TimeSpan delay = default, int agents = 1) => Kind switch
    {
        TopologyKind.Direct => new DirectTopology(Name, rig.Target.EndPoint.Port),
        TopologyKind.Haproxy => new HaproxyTopology(Name, rig, delay),
        TopologyKind.Ssh => new SshTopology(Name, rig, delay),
        _ => Create(rig, new ProxyPair(rig, Pair! with { Delay = delay, Agents = agents })),
    };

    public ProxyTopology Create(Rig rig, ProxyPair pair) => new(Name, rig, pair, Frontend!.Value);
}
