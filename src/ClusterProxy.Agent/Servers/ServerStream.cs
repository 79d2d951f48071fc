using System.IO.Pipelines;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// One stream of packets with a server, a tunnel's own or a lane's, and everything that goes through it.
/// <code>
///   server ──▶ read loop ─ DIAL_REQ, DIAL_CLS ─▶ dials ─▶ targets
///                  └────── DATA, CLOSE_REQ ─────────────▶ targets
///   server ◀── writer ◀─ DIAL_RSP, DATA, CLOSE_RSP, DRAIN ──┘
/// </code>
/// The read loop never waits for a dial or a send, and for a target only within the stall limit.
/// </summary>
internal sealed class ServerStream : IAsyncDisposable
{
    /// <summary>More than one frontend would ever have under way, few enough that dead addresses cost little memory.</summary>
    private const int MaxPendingDials = 1000;

    /// <summary>More patient than a server, which only prefers other tunnels: here a new one is opened for it.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(4);

    /// <summary>As long as a server waits for a silent agent.</summary>
    private static readonly TimeSpan DeadSilence = TimeSpan.FromSeconds(20);

    /// <summary>Of servers that know no ping, which one slow frontend may hold up.</summary>
    private static readonly TimeSpan BlockedLimit = TimeSpan.FromSeconds(60);

    /// <summary>How long the last packets may take to leave, and then the server to answer the end, when this agent closes the stream.</summary>
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(2);

    private readonly PacketReader _reader;
    private readonly AgentContext _context;
    private readonly TunnelWriter _writer;
    private readonly TunnelRoundTrip? _roundTrip;
    private readonly TunnelTargets _targets;
    private readonly TunnelDials _dials;
    private readonly PacketDispatch _packets;
    private readonly TimedPipeWriter _output;
    private readonly TaskCompletionSource _dead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _seemedDead;

    /// <param name="reader">Of the stream's packets.</param>
    /// <param name="output">Where packets go.</param>
    /// <param name="features">What both ends of the tunnel announced.</param>
    /// <param name="dialer">Reaches targets.</param>
    /// <param name="context">The agent.</param>
    /// <param name="onDrain">The server is about to leave, and agents should have looked for another within this time.</param>
    /// <param name="onServers">The server has said which servers there are.</param>
    public ServerStream(
        PacketReader reader, PipeWriter output, TunnelFeatureSet features, TargetDialer dialer, AgentContext context,
        Action<TimeSpan>? onDrain = null, Action<ServerSet>? onServers = null)
    {
        _reader = reader;
        _context = context;
        _output = new TimedPipeWriter(output, context.Time);
        _writer = new TunnelWriter(_output, context.Limits, context.Metrics);
        _roundTrip = features.HasFlag(TunnelFeatureSet.Ping) ? new TunnelRoundTrip(_writer, context.Time, follows: true) : null;
        _targets = new TunnelTargets(_writer, features, context, _roundTrip);
        _dials = new TunnelDials(dialer, _writer, _targets, context, MaxPendingDials);
        _packets = new PacketDispatch(_writer, _targets, _dials, features, _roundTrip, onDrain, onServers, context);
    }

    /// <summary>Dials under way and connections. One that becomes the other between the two reads is counted twice: a stream must not seem quiet by it.</summary>
    public int Active => _dials.Count + _targets.Count;

    /// <summary>Dials ever asked for.</summary>
    public long DialsSeen => _packets.DialsSeen;

    /// <summary>What connections are told when this agent closes the stream.</summary>
    public CloseReason Farewell { get; set; } = CloseReason.ShuttingDown;

    /// <summary>Whether the server owes answers to pings; null when it knows none.</summary>
    public bool? IsSilent => _roundTrip is null ? null : _roundTrip.SilentFor > SilenceLimit;

    /// <summary>
    /// Ends the stream if it is only in the way: nothing that is sent comes through, and the transport has not noticed. To be called
    /// about once a second. It takes two looks, since after a pause of this process the answers may be here and wait to be read.
    /// </summary>
    public void EndIfDead()
    {
        var before = _seemedDead;
        _seemedDead = _roundTrip?.SilentFor > DeadSilence || _output.BlockedFor > BlockedLimit;
        if (before && _seemedDead)
        {
            _dead.TrySetResult();
        }
    }

    /// <summary>Asks the server for no new dials; those that come are served all the same.</summary>
    public void Drain() => _writer.TrySend(PacketFactory.Drain());

    /// <summary>Serves until the server, the transport or the token ends the stream, and says why.</summary>
    /// <param name="statusAtEnd">How the server ended the stream, when it did.</param>
    /// <param name="completeOutput">Ends the sending direction.</param>
    /// <param name="cancellationToken">This agent closes the stream: its connections end with a reason.</param>
    public async Task<string> RunAsync(
        Func<GrpcStatus> statusAtEnd, Func<ValueTask> completeOutput, CancellationToken cancellationToken)
    {
        using var stop = new CancellationTokenSource();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), asked);
        var reading = ReadLoopAsync(stop.Token);
        try
        {
            var first = await Task.WhenAny(reading, _writer.Completion, asked.Task, _dead.Task);
            if (first == asked.Task)
            {
                // Before the read loop is cancelled, since that resets the stream.
                await SayGoodbyeAsync(reading, completeOutput);
                return "this agent closed it";
            }

            if (first == _dead.Task)
            {
                return Note(new(GrpcStatusCode.Unavailable, "the server took or answered nothing any more"), receiving: true);
            }

            if (first == _writer.Completion)
            {
                await _writer.Completion;
            }

            await reading;
            var status = statusAtEnd();
            return status.Code == GrpcStatusCode.OK ? "the server closed it" : Note(status, receiving: true);
        }
        catch (Exception e) when (e is GrpcException or IOException or HttpRequestException or OperationCanceledException)
        {
            return Note(GrpcErrorCodes.FromException(e), receiving: reading.IsFaulted);
        }
        finally
        {
            await stop.CancelAsync();
            await _writer.DisposeAsync();
            await StopPingAsync();
            try
            {
                await _dials.EndAsync();
            }
            finally
            {
                // Frees a read loop that waits for a target, too.
                _targets.AbortAll(CloseReason.TunnelLost);
                await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Waits for targets of frontends that had closed, which may still be taking the last bytes.</summary>
    /// <param name="cancellationToken">Cuts them short.</param>
    public async Task FinishTargetsAsync(CancellationToken cancellationToken)
    {
        await using var cut = cancellationToken.UnsafeRegister(static state => ((TunnelTargets)state!).ResetAll(), _targets);
        await _targets.WhenAllAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await StopPingAsync();
        _targets.ResetAll();
        await _targets.WhenAllAsync();
    }

    private ValueTask StopPingAsync() => _roundTrip?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task ReadLoopAsync(CancellationToken cancellationToken)
    {
        while (await _reader.ReadAsync(cancellationToken))
        {
            while (_reader.TryRead(out var packet))
            {
                await _packets.HandleAsync(packet);
            }
        }
    }

    private async Task SayGoodbyeAsync(Task reading, Func<ValueTask> completeOutput)
    {
        _targets.AbortAll(Farewell);
        _writer.Complete();
        await _writer.Completion.WaitAsync(GoodbyeTimeout, _context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_writer.Completion.IsCompletedSuccessfully)
        {
            await completeOutput().AsTask().WaitAsync(GoodbyeTimeout, _context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // A reset right behind the end could overtake the last packets in the server.
            await reading.WaitAsync(GoodbyeTimeout, _context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private string Note(GrpcStatus status, bool receiving)
    {
        if (receiving)
        {
            _context.Metrics.ReceiveFailed(status.Code);
        }
        else
        {
            _context.Metrics.SendFailed(status.Code);
        }

        return PeerText.Bound(status.ToString());
    }
}
