using System.IO.Pipelines;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>What kind of world a seed makes.</summary>
internal sealed record SimulationOptions
{
    private SimulationOptions(Random random, SimulatedScheduler scheduler)
    {
        // Small sizes reach every bound within some hundred steps; one seed in ten has the real sizes and the turns that only they take.
        var big = random.Next(10) == 0;
        Features = random.Next(6) switch
        {
            0 => TunnelFeatureSet.None,
            1 => TunnelFeatureSet.Credit,
            2 => TunnelFeatureSet.HalfClose,
            _ => TunnelFeatureSet.Credit | TunnelFeatureSet.HalfClose,
        };
        Longest = big ? 100_000 : 1 << random.Next(4, 12);
        WireWindow = big ? 64 * 1024 : 1 << random.Next(6, 13);
        Tunnels = random.Next(1, 4);
        Frontends = random.Next(1, big ? 4 : 6);
        Lanes = random.Next(2) == 0 ? 0 : random.Next(1, 3);
        Faults = random.Next(3) == 0 ? 0 : random.Next(1, 6);
        HasSlowOwners = random.Next(4) == 0;
        Budget = new ByteBudget(random.Next(4) == 0 ? Longest : 1 << 30);
        Limits = TunnelLimits.Default with
        {
            Scheduler = scheduler,
            // A splice is a server's, whose owners never wait for a thread.
            OwnerScheduler = Lanes == 0 && random.Next(2) == 0 ? scheduler : PipeScheduler.Inline,
            Budget = Budget,
            StallLimit = TimeSpan.FromSeconds(5),
        };
        if (!big)
        {
            Limits = Limits with
            {
                ConnectionBuffer = random.Next(16, 2048),
                SendBuffer = random.Next(16, 2048),
                MaxPayload = 1 << random.Next(2, 10),
                InitialWindow = 1 << random.Next(2, 11),
                MaxWindow = 4096,
            };
        }
    }

    /// <summary>What both ends of every tunnel announced.</summary>
    public TunnelFeatureSet Features { get; }

    public TunnelLimits Limits { get; }

    public ByteBudget Budget { get; }

    /// <summary>Bytes of one direction of a connection.</summary>
    public int Longest { get; }

    /// <summary>Bytes that a transport holds.</summary>
    public int WireWindow { get; }

    /// <summary>A tunnel and its lanes: the state machine does not tell them apart.</summary>
    public int Tunnels { get; }

    public int Frontends { get; }

    /// <summary>Lanes on which frontends come and whose connections are spliced; with none frontends own the server's connections.</summary>
    public int Lanes { get; }

    /// <summary>Things that go wrong, at most.</summary>
    public int Faults { get; }

    /// <summary>Some owners stop reading for longer than any limit.</summary>
    public bool HasSlowOwners { get; }

    public bool HasCredit => Features.HasFlag(TunnelFeatureSet.Credit);

    public bool CanHalfClose => Features.HasFlag(TunnelFeatureSet.HalfClose);

    public static SimulationOptions Create(Random random, SimulatedScheduler scheduler) => new(random, scheduler);
}
