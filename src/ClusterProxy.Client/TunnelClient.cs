using ClusterProxy.Client.HttpConnect;
using ClusterProxy.Client.Lanes;
using ClusterProxy.Client.Servers;
using ClusterProxy.Client.Tunnels;
using ClusterProxy.Protocol.Tunnels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Client;

/// <summary>
/// Opens TCP connections through a konnectivity-compatible proxy server. One client serves any number of dials, from any
/// thread, for the life of the process; connections to the server are opened when needed and shared.
/// </summary>
public sealed class TunnelClient : IAsyncDisposable, IDisposable
{
    // The reading pipe of a connection. HTTP/2's own window stands behind it, so a quarter of a window keeps both moving.
    private const int ReceiveBuffer = 256 * 1024;

    private readonly TimeSpan _dialTimeout;
    private readonly TimeProvider _time;
    private readonly ClientMetrics _metrics;
    private readonly ILogger _log;
    private readonly IDialer _dialer;
    private readonly string _server;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _dialsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _dials;
    private Task? _disposed;

    /// <summary>
    /// Creates a client. Nothing is connected before the first dial. Files that the options name are read now, so that mistakes show at
    /// once; one on a disk that hangs holds this up for a second each and fails the dials instead, until it can be read.
    /// </summary>
    /// <param name="options">Read now; later changes have no effect.</param>
    /// <exception cref="ArgumentException">An option has a value that cannot work; the message names it.</exception>
    public TunnelClient(TunnelClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        TunnelClientOptionsCheck.ThrowIfInvalid(options);
        var address = ServerAddress.From(options.Address);
        _server = address.Text;
        _dialTimeout = options.DialTimeout;
        _time = options.TimeProvider;
        _metrics = new ClientMetrics(options.MeterFactory);
        _log = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<TunnelClient>();
        var connector = new ServerConnector(address, new ServerCredentials(options, _log), options);
        var settings = new TunnelSettings(_server, Limits(options), _time, _metrics, _log) { Without = options.WithoutFeatures };
        _dialer = options.Transport switch
        {
            TunnelTransport.HttpConnect => new HttpConnectDialer(connector, options, _metrics),
            TunnelTransport.Lane => new LaneDialer(new LaneSet(connector, options, settings), options.Lanes),
            _ => new GrpcDialer(connector, options, settings),
        };
    }

    /// <summary>Dials a target.</summary>
    /// <param name="target"><c>host:port</c>; see <see cref="TunnelTarget.Parse"/>.</param>
    /// <param name="cancellationToken">Ends the dial only, not the connection that comes of it.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="FormatException">The text is no target.</exception>
    /// <exception cref="TunnelConnectException">The dial failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the inner exception is a <see cref="TunnelConnectException"/>.</exception>
    public Task<TunnelStream> ConnectAsync(string target, CancellationToken cancellationToken = default) =>
        ConnectAsync(TunnelTarget.Parse(target), cancellationToken);

    /// <summary>Dials a target.</summary>
    /// <param name="target">What an agent is to connect to.</param>
    /// <param name="cancellationToken">Ends the dial only, not the connection that comes of it.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="TunnelConnectException">The dial failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the inner exception is a <see cref="TunnelConnectException"/>.</exception>
    public async Task<TunnelStream> ConnectAsync(TunnelTarget target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        try
        {
            EnterDial(target);
            try
            {
                return await DialWithinAsync(target, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                ExitDial();
            }
        }
        catch (TunnelConnectException e)
        {
            _metrics.DialFailed(e.Reason);
            ClientLog.DialFailed(_log, target, e.Reason.ToTag(), e.Message);
            if (e.Reason == DialFailureReason.Context)
            {
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }

            throw;
        }
    }

    /// <summary>
    /// Ends every dial, lets the connections that are being closed finish, for at most
    /// <see cref="TunnelClientOptions.CloseTimeout"/> since they were disposed, cuts every other, and waits until nothing of them is
    /// left. So what was written to a stream before it was disposed is not lost by disposing the client right behind it.
    /// </summary>
    /// <returns>When all is released.</returns>
    public async ValueTask DisposeAsync() => await Disposal().ConfigureAwait(false);

    /// <summary>As <see cref="DisposeAsync"/>, without waiting: a process that exits right behind it may lose the last bytes.</summary>
    public void Dispose() => _ = Disposal();

    private Task Disposal()
    {
        lock (_gate)
        {
            return _disposed ??= DisposeCoreAsync();
        }
    }

    private async Task DisposeCoreAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _stopping.CancelAsync().ConfigureAwait(false);
        lock (_gate)
        {
            if (_dials == 0)
            {
                _dialsEnded.TrySetResult();
            }
        }

        await _dialsEnded.Task.ConfigureAwait(false);
        await _dialer.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
        _stopping.Dispose();
    }

    private async Task<TunnelStream> DialWithinAsync(TunnelTarget target, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_dialTimeout, _time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token, cancellationToken);
        try
        {
            any.Token.ThrowIfCancellationRequested();
            var end = await DialAsync(target, mayRepeat: true, any.Token).ConfigureAwait(false);
            ClientLog.Dialed(_log, target);
            return new TunnelStream(end, target, _time);
        }
        catch (OperationCanceledException e)
        {
            throw Cancelled(target, cancellationToken.IsCancellationRequested, e);
        }
    }

    /// <summary>
    /// Nothing is sent on a connection before its dial is answered, so a dial whose way broke first is made once more: the target may
    /// see a connection that ends unused, and never a byte twice.
    /// </summary>
    private async Task<IStreamEnd> DialAsync(TunnelTarget target, bool mayRepeat, CancellationToken cancellationToken)
    {
        try
        {
            return await _dialer.DialAsync(target, cancellationToken).ConfigureAwait(false);
        }
        catch (TunnelConnectException e) when (e.IsUnanswered && mayRepeat)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _metrics.DialRepeated();
            ClientLog.DialRepeated(_log, target, e.Message);
        }

        return await DialAsync(target, mayRepeat: false, cancellationToken).ConfigureAwait(false);
    }

    private TunnelConnectException Cancelled(TunnelTarget target, bool byCaller, Exception e) => (byCaller, _stopping.IsCancellationRequested) switch
    {
        (true, _) => new(DialFailureReason.Context, $"the dial to {target} through {_server} was cancelled by its caller", e),
        (_, true) => Disposed(target),
        _ => new(
            DialFailureReason.Timeout,
            $"{_server} did not answer the dial to {target} within {_dialTimeout.TotalSeconds:0.###} s; check that an agent " +
            $"which reaches the target is connected, or raise {nameof(TunnelClientOptions.DialTimeout)}",
            e),
    };

    private static TunnelConnectException Disposed(TunnelTarget target) =>
        new(DialFailureReason.TunnelClosed, $"cannot dial {target}: the tunnel client is disposed");

    private void EnterDial(TunnelTarget target)
    {
        lock (_gate)
        {
            if (_disposed is not null)
            {
                throw Disposed(target);
            }

            _dials++;
        }
    }

    private void ExitDial()
    {
        lock (_gate)
        {
            if (--_dials == 0 && _disposed is not null)
            {
                _dialsEnded.TrySetResult();
            }
        }
    }

    private static TunnelLimits Limits(TunnelClientOptions options) => new()
    {
        MaxMessageSize = options.MaxMessageSize,
        ConnectionBuffer = ReceiveBuffer,
        // What a connection does not read stays with the server: by HTTP/2's windows where it has a tunnel of its own, by credit
        // on a lane.
        StallLimit = Timeout.InfiniteTimeSpan,
        CloseTimeout = options.CloseTimeout,
    };
}
