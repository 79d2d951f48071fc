using System.Collections.Concurrent;
using System.IO.Pipelines;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// A lane of a frontend: any number of dials and connections on one socket, each connection spliced to its end toward the agent.
/// The reading loop waits for none of them, since credit bounds what each may send.
/// </summary>
internal sealed partial class FrontendLane : IFrontend, IStreamPeer
{
    /// <summary>How long the frontend may owe the answer to a ping before its connections are given up, as HTTP/2's pings on this port.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan SilenceCheck = TimeSpan.FromSeconds(5);

    /// <summary>For the frontend to take the last packets and to leave.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    /// <summary>Of a client that dials as fast as it can and is far away.</summary>
    private const int EndedWhileUnderWay = 256;

    private readonly PacketReader _reader;
    private readonly TunnelFeatureSet _features;
    private readonly FrontendSubject _subject;
    private readonly FrontendShare? _share;
    private readonly string _peer;
    private readonly FrontendContext _context;
    private readonly TunnelWriter _writer;
    private readonly LegObserver _observer;
    private readonly TunnelRoundTrip _roundTrip;
    private readonly ConcurrentDictionary<long, LaneDial> _pending = new();
    private readonly ConcurrentDictionary<LaneDial, bool> _served = new();
    private readonly ConcurrentDictionary<long, ConnectionSplice> _connections = new();
    private readonly EndedIds _endedConnections = new(EndedWhileUnderWay);
    private readonly EndedIds _endedDials = new(EndedWhileUnderWay);
    private readonly OwnershipFeed? _feed;
    private readonly CancellationTokenSource _stop = new();
    private int _asked;
    private volatile bool _draining;
    private volatile bool _lost;

    /// <param name="reader">Behind the handshake.</param>
    /// <param name="output">Where packets go.</param>
    /// <param name="features">What both ends understand on it.</param>
    /// <param name="subject">Who the frontend is, for policy, audit and log.</param>
    /// <param name="share">What the frontend may have of connections; null for as many as it likes.</param>
    /// <param name="peer">The frontend's address, for the log.</param>
    /// <param name="context">What all frontends share.</param>
    /// <param name="feed">When the frontend is another server: tells it of this one's agents.</param>
    public FrontendLane(
        PacketReader reader, PipeWriter output, TunnelFeatureSet features, FrontendSubject subject, FrontendShare? share, string peer, FrontendContext context,
        OwnershipFeed? feed = null)
    {
        _feed = feed;
        _features = features;
        _reader = reader;
        _subject = subject;
        _share = share;
        _peer = peer;
        _context = context;
        _observer = new LegObserver(context.Metrics.ToClient, context.Metrics.FromClient, context.Metrics, context.Refusals, this);
        _writer = new TunnelWriter(
            new TimedPipeWriter(output, context.Time, context.Metrics.FrontendWritten), context.Limits, _observer);
        _roundTrip = new TunnelRoundTrip(_writer, context.Time);
    }

    public string Who => $"{(_feed is null ? "frontend" : "server")} ({_subject})";

    public string Address => _peer;

    /// <summary>Never: its reader waits for nobody.</summary>
    public bool IsStalled => false;

    /// <summary>Connections that are open.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Bytes that came from the frontend and wait for agents.</summary>
    public long QueuedBytes => _connections.Sum(static pair => pair.Value.ToFrontend.QueuedBytes);

    /// <summary>Runs until the frontend, the transport or a drain ends the lane; afterwards no dial and no connection is left.</summary>
    /// <param name="completeOutput">Ends the sending direction.</param>
    /// <param name="ended">Fires when this side is done with the connection.</param>
    public async Task<GrpcStatus> RunAsync(Func<Task> completeOutput, CancellationToken ended)
    {
        await using var registration = ended.UnsafeRegister(static lane => ((FrontendLane)lane!)._stop.Cancel(), this);
        await using var watch = _context.Time.CreateTimer(static lane => ((FrontendLane)lane!).StopIfSilent(), this, SilenceCheck, SilenceCheck);
        _context.Live.Add(this);
        var reading = ReadAsync();
        var feeding = _feed?.RunAsync(_writer, _stop.Token) ?? Task.CompletedTask;
        try
        {
            if (await Task.WhenAny(reading, _writer.Completion) != reading)
            {
                await _writer.Completion;
                await completeOutput();

                // A reset right behind the end could overtake the last packets.
                await reading.WaitAsync(Linger, _context.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return GrpcStatus.OK;
            }

            await reading;
            return GrpcStatus.OK;
        }
        catch (Exception e) when (e is GrpcException or IOException or OperationCanceledException or TimeoutException)
        {
            return Failed(e);
        }
        finally
        {
            await EndAsync(reading);
            await feeding;
            _context.Live.Remove(this);
        }
    }

    /// <summary>Asks the frontend to dial elsewhere while it can. Dials are made as before, and the lane stays.</summary>
    public void AskToMove()
    {
        if (Interlocked.Exchange(ref _asked, 1) == 0)
        {
            _writer.TrySend(PacketFactory.Drain());
        }
    }

    public void Drain()
    {
        AskToMove();
        _draining = true;
        LeaveIfEmpty();
    }

    public void Shutdown()
    {
        foreach (var connection in _connections.Values)
        {
            connection.ToTarget.Abort(CloseReason.ShuttingDown);
        }
    }

    private async Task ReadAsync()
    {
        while (await _reader.ReadAsync(_stop.Token))
        {
            while (_reader.TryRead(out var packet))
            {
                _observer.PacketReceived(packet.Type, packet.Payload.Length);
                if (packet.Type != PacketType.Data)
                {
                    OnControl(packet.Message!);
                }
                else if (_connections.TryGetValue(packet.ConnectId, out var connection))
                {
                    await connection.ToFrontend.ReceiveAsync(packet.Payload);
                }
                else
                {
                    RefuseOf(packet.ConnectId);
                    _writer.TrySend(PacketFactory.CloseResponse(packet.ConnectId, UnrecognizedId));
                }
            }
        }
    }

    private void StopIfSilent()
    {
        if (_roundTrip.SilentFor > SilenceLimit)
        {
            _stop.Cancel();
        }
    }

    private async Task EndAsync(Task reading)
    {
        _lost = true;
        await _stop.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var dial in _pending.Values)
        {
            dial.Cancel();
        }

        foreach (var connection in _connections.Values)
        {
            connection.ToFrontend.EndByPeer(CloseReason.FrontendLost);
        }

        await _writer.DisposeAsync();
        await _roundTrip.DisposeAsync();
        _observer.End();
        await Task.WhenAll(_served.Keys.Select(static dial => dial.Serving));
    }

    private GrpcStatus Failed(Exception fault)
    {
        // What broke after an overflow broke of it.
        var (status, segment) = _writer.Fault is GrpcException overflow ? (overflow.Status, _context.Metrics.ToClient)
            : fault is IOException or OperationCanceledException
                ? (new(GrpcStatusCode.Canceled, "the frontend's connection broke"), _context.Metrics.FromClient)
                : (GrpcErrorCodes.FromException(fault), _context.Metrics.FromClient);
        _context.Metrics.StreamFailed(segment, status.Code);
        if (status.Code != GrpcStatusCode.Canceled)
        {
            _context.Refusals.StreamBroken(Who, Address, status);
        }

        return status;
    }

    private void LeaveIfEmpty()
    {
        if (_draining && _served.IsEmpty)
        {
            _writer.Complete();
        }
    }
}
