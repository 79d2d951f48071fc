namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>A tunnel, or a lane of it, between a server and an agent.</summary>
internal sealed class SimulatedTunnel : SimulatedLink
{
    public SimulatedTunnel(SimulatedWorld world)
        : base(world)
    {
        Dialed = new SimulatedAgent(world, ToDialed.Input, ToDialer.Output);
        Dialer = new SimulatedDialer(world, ToDialer.Input, ToDialed.Output, Dialed);
        Start();
    }

    public override SimulatedDialer Dialer { get; }

    protected override SimulatedEnd Dialed { get; }
}
