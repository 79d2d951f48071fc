using ClusterProxy.Agent.Targets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// One stream to one server and everything that goes through it.
/// <code>
///   server ──▶ read loop ─ DIAL_REQ, DIAL_CLS ─▶ dials ─▶ targets
///                  └────── DATA, CLOSE_REQ ─────────────▶ targets
///   server ◀── writer ◀─ DIAL_RSP, DATA, CLOSE_RSP, DRAIN ──┘
/// </code>
/// The read loop never waits for a dial or a send, and for a target only within the stall limit.
/// </summary>
internal sealed class ServerTunnel : IAsyncDisposable
{
    /// <summary>More than one frontend would ever have under way, few enough that dead addresses cost little memory.</summary>
    private const int MaxPendingDials = 1000;

    /// <summary>How long the last packets may take to leave, and then the server to answer the end, when this agent closes the tunnel.</summary>
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(2);

    private readonly ServerCall _server;
    private readonly AgentContext _context;
    private readonly TunnelWriter _writer;
    private readonly TunnelRoundTrip? _roundTrip;
    private readonly TunnelTargets _targets;
    private readonly TunnelDials _dials;
    private readonly PacketDispatch _packets;
    private readonly CancellationTokenSource _leave = new();
    private readonly long _opened;

    /// <param name="server">The accepted call; owned from here on.</param>
    /// <param name="dialer">Reaches targets.</param>
    /// <param name="context">The agent.</param>
    public ServerTunnel(ServerCall server, TargetDialer dialer, AgentContext context)
    {
        _server = server;
        _context = context;
        _opened = context.Time.GetTimestamp();
        ServerCount = server.ServerCount;
        var features = TunnelFeatures.Agent & TunnelFeatures.Parse(server.Features);
        _writer = new TunnelWriter(server.Call.Output, context.Limits, context.Metrics);
        _roundTrip = features.HasFlag(TunnelFeatureSet.Ping) ? new TunnelRoundTrip(_writer, context.Time) : null;
        _targets = new TunnelTargets(_writer, features, context);
        _dials = new TunnelDials(dialer, _writer, _targets, context, MaxPendingDials);
        _packets = new PacketDispatch(_writer, _targets, _dials, features, _roundTrip, context);
    }

    public string ServerId => _server.ServerId;

    public string Address => _server.Address;

    public TimeSpan Age => _context.Time.GetElapsedTime(_opened);

    /// <summary>As this server said last.</summary>
    public int ServerCount { get; set; }

    /// <summary>Null when the agent showed no certificate.</summary>
    public TunnelCredential? Credential { get; init; }

    /// <summary>Another tunnel to the same server has taken its place; it goes when its connections have.</summary>
    public bool IsSuperseded { get; set; }

    /// <summary>Connections and dials under way.</summary>
    public int Active => _targets.Count + _dials.Count;

    /// <summary>Dials ever asked for.</summary>
    public long DialsSeen => _packets.DialsSeen;

    /// <summary>Asks the server for no new dials; those that come are served all the same.</summary>
    public void Drain() => _writer.TrySend(PacketFactory.Drain());

    /// <summary>Ends the tunnel as the token of <see cref="RunAsync"/> does.</summary>
    public void Leave() => _leave.Cancel();

    /// <summary>Serves until the server, the transport or the token ends the tunnel, and says why.</summary>
    /// <param name="cancellationToken">This agent closes the tunnel: its connections end with a reason.</param>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = new CancellationTokenSource();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _leave.Token);
        await using var registration = either.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), asked);
        var reading = ReadLoopAsync(stop.Token);
        try
        {
            return await ServeAsync(reading, asked.Task);
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
            await _dials.EndAsync();

            // Frees a read loop that waits for a target, too.
            _targets.AbortAll(CloseReason.TunnelLost);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _server.DisposeAsync();
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

    private async Task<string> ServeAsync(Task reading, Task asked)
    {
        var first = await Task.WhenAny(reading, _writer.Completion, asked);
        if (first == asked)
        {
            // Before the read loop is cancelled, since that resets the stream.
            await SayGoodbyeAsync(reading);
            return "this agent closed it";
        }

        if (first == _writer.Completion)
        {
            await _writer.Completion;
        }

        await reading;
        var status = _server.Call.Status();
        return status.Code == GrpcStatusCode.OK ? "the server closed it" : Note(status, receiving: true);
    }

    private async Task ReadLoopAsync(CancellationToken cancellationToken)
    {
        var reader = new PacketReader(await _server.Call.InputAsync(cancellationToken), _context.Limits.MaxMessageSize);
        while (await reader.ReadAsync(cancellationToken))
        {
            while (reader.TryRead(out var packet))
            {
                await _packets.HandleAsync(packet);
            }
        }
    }

    private async Task SayGoodbyeAsync(Task reading)
    {
        _targets.AbortAll(CloseReason.ShuttingDown);
        _writer.Complete();
        await _writer.Completion.WaitAsync(GoodbyeTimeout, _context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_writer.Completion.IsCompletedSuccessfully)
        {
            await _server.Call.CompleteOutputAsync();

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
