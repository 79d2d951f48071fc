using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>A tunnel or a lane, from end to end.</summary>
internal sealed class SimulatedTunnel
{
    private readonly SimulatedWorld _world;
    private readonly SimulatedWire _toAgent;
    private readonly SimulatedWire _toServer;

    public SimulatedTunnel(SimulatedWorld world)
    {
        _world = world;
        _toAgent = new SimulatedWire(world);
        _toServer = new SimulatedWire(world);
        Agent = new SimulatedAgent(world, _toAgent.Input, _toServer.Output);
        Server = new SimulatedServer(world, _toServer.Input, _toAgent.Output, Agent);
        world.TrackLoop(_toAgent.RunAsync());
        world.TrackLoop(_toServer.RunAsync());
        world.TrackLoop(Agent.RunAsync());
        world.TrackLoop(Server.RunAsync());
    }

    public SimulatedServer Server { get; }

    public SimulatedAgent Agent { get; }

    public bool IsStalled { get; private set; }

    public bool TakesDials => !Server.IsEnded && !Server.IsDraining;

    public void Drain() => Agent.Writer.TrySend(PacketFactory.Drain());

    /// <summary>One direction, or both; the other ends as its end learns of it.</summary>
    public void Break()
    {
        var which = _world.Random.Next(4);
        if (which != 0)
        {
            _toAgent.Break();
        }

        if (which != 1)
        {
            _toServer.Break();
        }
    }

    /// <summary>A black hole: nothing comes through and nobody is told, until the transport gives up.</summary>
    public async Task StallAsync()
    {
        IsStalled = true;
        _toAgent.Stall();
        _toServer.Stall();
        await _world.DelayAsync(TimeSpan.FromSeconds(_world.Random.Next(1, 20)));
        _toAgent.Break();
        _toServer.Break();
    }

    /// <summary>The tunnel ends in good order, or breaks.</summary>
    public void End()
    {
        switch (_world.Random.Next(3))
        {
            case 0:
                Agent.Stop();
                break;
            case 1:
                Server.Stop();
                break;
            default:
                Break();
                break;
        }
    }

    public void CheckEnd()
    {
        Check(Server);
        Check(Agent);
        if (Server.DialCount + Agent.DialCount > 0)
        {
            throw new SimulationException($"{Server.DialCount} and {Agent.DialCount} dials are left at a tunnel's ends");
        }
    }

    private static void Check(SimulatedEnd end)
    {
        if (end.Connections.Count > 0)
        {
            throw new SimulationException($"{end.Connections.Count} connections are left in the table of {end.GetType().Name}");
        }

        if (!end.IsEnded || !end.Writer.Completion.IsCompleted || !end.RoundTrip.DisposeAsync().AsTask().IsCompleted)
        {
            throw new SimulationException($"{end.GetType().Name} did not end");
        }
    }
}
