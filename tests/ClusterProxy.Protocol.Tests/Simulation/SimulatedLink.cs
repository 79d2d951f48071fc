using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>A transport and both ends of what runs on it, and what may go wrong with it.</summary>
internal abstract class SimulatedLink
{
    private readonly SimulatedWorld _world;
    private readonly SimulatedWire _toDialed;
    private readonly SimulatedWire _toDialer;

    protected SimulatedLink(SimulatedWorld world)
    {
        _world = world;
        _toDialed = new SimulatedWire(world);
        _toDialer = new SimulatedWire(world);
    }

    /// <summary>The end that dials.</summary>
    public abstract SimulatedDialer Dialer { get; }

    public bool TakesDials => !Dialer.IsEnded && !Dialer.IsDraining;

    /// <summary>The end that is dialled.</summary>
    protected abstract SimulatedEnd Dialed { get; }

    protected SimulatedWorld World => _world;

    protected SimulatedWire ToDialed => _toDialed;

    protected SimulatedWire ToDialer => _toDialer;

    public void Drain() => Dialed.Writer.TrySend(PacketFactory.Drain());

    /// <summary>One direction, or both; the other ends as its end learns of it.</summary>
    public void Break()
    {
        var which = _world.Random.Next(4);
        if (which != 0)
        {
            _toDialed.Break();
        }

        if (which != 1)
        {
            _toDialer.Break();
        }
    }

    /// <summary>A black hole: nothing comes through and nobody is told, until the transport gives up.</summary>
    public async Task StallAsync()
    {
        _toDialed.Stall();
        _toDialer.Stall();
        await _world.DelayAsync(TimeSpan.FromSeconds(_world.Random.Next(1, 20)));
        _toDialed.Break();
        _toDialer.Break();
    }

    /// <summary>The link ends in good order, or breaks.</summary>
    public void End()
    {
        switch (_world.Random.Next(3))
        {
            case 0:
                Dialed.Stop();
                break;
            case 1:
                Dialer.Stop();
                break;
            default:
                Break();
                break;
        }
    }

    public void CheckEnd()
    {
        Check(Dialer);
        Check(Dialed);
    }

    protected void Start()
    {
        _world.TrackLoop(_toDialed.RunAsync());
        _world.TrackLoop(_toDialer.RunAsync());
        _world.TrackLoop(Dialed.RunAsync());
        _world.TrackLoop(Dialer.RunAsync());
    }

    private static void Check(SimulatedEnd end)
    {
        if (end.DialCount > 0)
        {
            throw new SimulationException($"{end.DialCount} dials are left at {end.GetType().Name}");
        }

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
