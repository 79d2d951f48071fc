namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>A lane between frontends and a server, which splices its connections to those of tunnels.</summary>
internal sealed class SimulatedLane : SimulatedLink
{
    public SimulatedLane(SimulatedWorld world)
        : base(world)
    {
        Dialed = new SimulatedLaneServer(world, ToDialed.Input, ToDialer.Output);
        Dialer = new SimulatedDialer(world, ToDialer.Input, ToDialed.Output, Dialed);
        Start();
    }

    public override SimulatedDialer Dialer { get; }

    protected override SimulatedEnd Dialed { get; }
}
