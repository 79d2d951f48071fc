using System.Collections.Concurrent;

namespace ClusterProxy.Server.Frontend;

/// <summary>All frontends that are here.</summary>
internal sealed class LiveFrontends
{
    private readonly ConcurrentDictionary<IFrontend, bool> _grpc = new();
    private readonly ConcurrentDictionary<IFrontend, bool> _connect = new();
    private readonly ConcurrentDictionary<IFrontend, bool> _lanes = new();
    private volatile bool _moving;
    private volatile bool _draining;

    public int GrpcCount => _grpc.Count;

    public int ConnectCount => _connect.Count;

    public int LaneCount => _lanes.Count;

    /// <summary>The lanes that are open.</summary>
    public IEnumerable<FrontendLane> Lanes => _lanes.Keys.Cast<FrontendLane>();

    public IEnumerable<ConnectTunnel> ConnectClients => _connect.Keys.Cast<ConnectTunnel>();

    /// <summary>Bytes that came on lanes and wait for agents.</summary>
    public long QueuedBytes => Lanes.Sum(static lane => lane.QueuedBytes);

    public int StalledCount => _grpc.Count(static pair => pair.Key.IsStalled);

    public bool IsEmpty => _grpc.IsEmpty && _connect.IsEmpty && _lanes.IsEmpty;

    private IEnumerable<IFrontend> All => _grpc.Keys.Concat(_connect.Keys).Concat(_lanes.Keys);

    public void Add(FrontendTunnel frontend) => Add(_grpc, frontend);

    public void Add(ConnectTunnel frontend) => Add(_connect, frontend);

    public void Add(FrontendLane frontend)
    {
        Add(_lanes, frontend);
        if (_moving)
        {
            frontend.AskToMove();
        }
    }

    public void Remove(FrontendTunnel frontend) => _grpc.TryRemove(frontend, out _);

    public void Remove(ConnectTunnel frontend) => _connect.TryRemove(frontend, out _);

    public void Remove(FrontendLane frontend) => _lanes.TryRemove(frontend, out _);

    /// <summary>Asks lanes to dial elsewhere while they can; they stay.</summary>
    public void AskToMove()
    {
        _moving = true;
        foreach (var lane in Lanes)
        {
            lane.AskToMove();
        }
    }

    public void Drain()
    {
        _draining = true;
        foreach (var frontend in All)
        {
            frontend.Drain();
        }
    }

    public void Shutdown()
    {
        foreach (var frontend in All)
        {
            frontend.Shutdown();
        }
    }

    private void Add(ConcurrentDictionary<IFrontend, bool> set, IFrontend frontend)
    {
        set.TryAdd(frontend, true);
        if (_draining)
        {
            frontend.Drain();
        }
    }
}
