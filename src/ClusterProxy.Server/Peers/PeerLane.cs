using System.Collections.Concurrent;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Peers;

/// <summary>
/// A lane to another server: it says there which tunnels it has, and takes dials for them. To whoever dials, a connection on it is
/// like one on an agent's tunnel. Its reader waits for none of them: credit bounds what each may send.
/// </summary>
internal sealed partial class PeerLane : IStreamPeer
{
    /// <summary>As for agents' tunnels: nothing is dialled on it 5 s after its last byte.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(3);

    /// <summary>As long as the other end waits for this one.</summary>
    private static readonly TimeSpan GiveUpLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>For the other server to take the last packets and to leave.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    /// <summary>The other server has the last word of a connection, so that few are crossed.</summary>
    private const int EndedWhileUnderWay = 64;

    private readonly LaneConnection _transport;
    private readonly PeerContext _context;
    private readonly TunnelWriter _writer;
    private readonly LegObserver _observer;
    private readonly TunnelRoundTrip _roundTrip;
    private readonly Action<TunnelConnection> _onEnded;
    private readonly ConcurrentDictionary<long, PeerDial> _dials = new();
    private readonly ConnectionTable _connections = new();
    private readonly EndedIds _endedConnections = new(EndedWhileUnderWay);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _active;
    private volatile bool _draining;
    private volatile bool _leaving;
    private volatile bool _ended;

    /// <param name="transport">Behind the handshake; owned from here on.</param>
    /// <param name="serverId">Of the other server.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="context">What all lanes to other servers share.</param>
    public PeerLane(LaneConnection transport, string serverId, string address, PeerContext context)
    {
        _transport = transport;
        ServerId = serverId;
        Address = address;
        _context = context;
        _onEnded = OnEnded;
        _observer = new LegObserver(context.Metrics.Peers.ToPeer, context.Metrics.Peers.FromPeer, context.Metrics, context.Refusals, this);
        _writer = new TunnelWriter(transport.Output, context.Limits, _observer);
        _roundTrip = new TunnelRoundTrip(_writer, context.Time);
    }

    public string ServerId { get; }

    public string Who => $"server {ServerId}";

    public string Address { get; }

    /// <summary>What the other server says of its tunnels.</summary>
    public PeerTunnels Tunnels { get; } = new();

    /// <summary>Whether the other server answers.</summary>
    public bool IsThere => !_ended && _roundTrip.SilentFor < SilenceLimit;

    /// <summary>Whether it is about to leave. What it is asked for meanwhile it still does.</summary>
    public bool IsDraining => _draining;

    /// <summary>Whether it answers, and stays.</summary>
    public bool IsUsable => IsThere && !IsDraining;

    /// <summary>Ends when the other server has said all of its tunnels, or the lane has.</summary>
    public Task Told => _told.Task;

    /// <summary>What new dials are spread by.</summary>
    public int Load => _connections.Count + _dials.Count;

    public int ConnectionCount => _connections.Count;

    public int PendingDialCount => _dials.Count;

    public long QueuedBytes => _connections.QueuedBytes;

    /// <summary>Asks the other server for a connection.</summary>
    /// <param name="protocol">As the frontend said it.</param>
    /// <param name="address">As the frontend said it.</param>
    /// <param name="trace">Its parent-id is the connection's id.</param>
    /// <param name="clusters">Whose agents may have the dial; null for everybody's.</param>
    /// <param name="hasAnother">Whether the dial is to come back when the other server falls silent, since somebody else would answer.</param>
    /// <param name="cancellationToken">Gives the dial up.</param>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async Task<PeerAnswer> DialAsync(
        string protocol, string address, TraceContext trace, IReadOnlySet<string>? clusters, Func<bool> hasAnother,
        CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _active);
        var dial = new PeerDial(hasAnother);
        _dials[dial.Id] = dial;
        var request = PacketFactory.DialRequest(protocol, address, dial.Id, trace.Parent ?? "", trace.State ?? "");
        request.DialRequest.Forwarding = new Forwarding
        {
            Server = _context.ServerId,
            Limited = clusters is not null,
            Clusters = { clusters ?? Enumerable.Empty<string>() },
        };
        if (_ended || !_writer.TrySend(request))
        {
            // The end of the lane may have swept the table just before.
            Take(dial.Id)?.Complete(PeerAnswer.LaneEnded);
        }

        try
        {
            return await dial.Answer.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (Take(dial.Id) is not null)
            {
                _writer.TrySend(PacketFactory.CloseDial(dial.Id));
            }
            else if ((await dial.Answer).Result.Connection is { } late)
            {
                late.Output.Complete();
                late.Input.Complete();
                late.Abort(CloseReason.FrontendClosed);
            }

            throw;
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Takes no more dials, and ends when nothing runs on it. Those that come all the same are told to go elsewhere.</summary>
    public void Leave()
    {
        _draining = true;
        _leaving = true;
        LeaveIfIdle();
    }

    /// <summary>Runs until either end gives the lane up; afterwards no dial and no connection is left. Never fails.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<GrpcStatus> RunAsync(CancellationToken stop)
    {
        await using var registration = stop.UnsafeRegister(static lane => ((PeerLane)lane!)._stop.Cancel(), this);
        await using var watch = _context.Time.CreateTimer(static lane => ((PeerLane)lane!).Watch(), this, CheckInterval, CheckInterval);
        var reading = ReadAsync();
        var status = GrpcStatus.OK;
        try
        {
            var first = await Task.WhenAny(reading, _writer.Completion);
            await first;
            if (first != reading)
            {
                await _transport.CompleteOutputAsync();

                // A reset right behind the end could overtake the last packets.
                await reading.WaitAsync(Linger, _context.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (Exception e) when (e is GrpcException or IOException or OperationCanceledException)
        {
            status = _stop.IsCancellationRequested && !stop.IsCancellationRequested
                ? new(GrpcStatusCode.Unavailable, $"it has not answered for {GiveUpLimit.TotalSeconds} s")
                : GrpcErrorCodes.FromException(e);
        }

        await EndAsync(reading);
        return status;
    }

    private async Task EndAsync(Task reading)
    {
        _ended = true;
        _told.TrySetResult();
        await _stop.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var id in _dials.Keys)
        {
            Take(id)?.Complete(PeerAnswer.LaneEnded);
        }

        _connections.EndAll(CloseReason.TunnelLost);
        await _writer.DisposeAsync();
        _observer.End();
        await _roundTrip.DisposeAsync();
        await _transport.DisposeAsync();
    }

    /// <summary>A dial is over, or a connection.</summary>
    private void Release()
    {
        Interlocked.Decrement(ref _active);
        LeaveIfIdle();
    }

    private void LeaveIfIdle()
    {
        if (_leaving && Volatile.Read(ref _active) == 0)
        {
            _writer.Complete();
        }
    }

    private void Watch()
    {
        if (!IsThere)
        {
            GiveBackDials();
        }

        if (_roundTrip.SilentFor > GiveUpLimit && !_ended)
        {
            _stop.Cancel();
        }
    }

    /// <summary>Somebody else may have the answer before it is known whether this lane is dead. One that comes late is closed again.</summary>
    private void GiveBackDials()
    {
        foreach (var (id, dial) in _dials)
        {
            if (dial.HasAnother && Take(id) is not null)
            {
                _writer.TrySend(PacketFactory.CloseDial(id));
                dial.Complete(PeerAnswer.LaneEnded);
            }
        }
    }

    private PeerDial? Take(long id) => _dials.TryRemove(id, out var dial) ? dial : null;
}
