using System.Net;

namespace ClusterProxy.Agent.Servers;

/// <summary>HTTP/2 over one connection that exists already and is never replaced by another.</summary>
internal sealed class SingleConnectionHandler : HttpMessageHandler
{
    /// <summary>
    /// A tunnel is the only stream of its connection, so this window alone bounds what comes through it: the most that the
    /// handler allows, 160 MB/s at 100 ms.
    /// </summary>
    private const int StreamWindow = 16 * 1024 * 1024;

    private readonly HeardStream _stream;
    private readonly HttpMessageInvoker _http;
    private int _taken;

    /// <param name="stream">Owned from here on, used or not.</param>
    /// <param name="pingDelay">Silence after which the connection is pinged; null for never.</param>
    /// <param name="pingTimeout">Silence after a ping that ends it.</param>
    /// <param name="time">The clock of <see cref="SilentFor"/>.</param>
    public SingleConnectionHandler(Stream stream, TimeSpan? pingDelay, TimeSpan pingTimeout, TimeProvider time)
    {
        _stream = new HeardStream(stream, time);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => Interlocked.Exchange(ref _taken, 1) == 0
                ? ValueTask.FromResult<Stream>(_stream)
                : throw new IOException("the connection to the server is gone"),
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = false,
            InitialHttp2StreamWindowSize = StreamWindow,
            KeepAlivePingDelay = pingDelay ?? Timeout.InfiniteTimeSpan,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            KeepAlivePingTimeout = pingTimeout,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            UseCookies = false,
            UseProxy = false,
        });
    }

    /// <summary>How long nothing at all has come, answers to pings included.</summary>
    public TimeSpan SilentFor => _stream.SilentFor;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http.SendAsync(request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _http.Dispose();
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }
}
