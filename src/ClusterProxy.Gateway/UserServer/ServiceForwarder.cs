using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Client;
using ClusterProxy.Gateway.Aggregation;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Status;
using ClusterProxy.Gateway.Tracing;
using ClusterProxy.Hosting.Certificates;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace ClusterProxy.Gateway.UserServer;

/// <summary>
/// Sends requests to services through the tunnel: it ends at the cluster's service proxy, a host that only routing tables know
/// (spec/cluster-proxy.md 1.9), and the service proxy is told by four headers where to go on to. HTTP/1.1, since SPDY upgrades do not
/// work over HTTP/2.
/// </summary>
internal sealed class ServiceForwarder : IAsyncDisposable
{
    /// <summary>As upstream's flag for idle connections to the far side.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(90);

    private readonly IHttpForwarder _forwarder;
    private readonly ViaHop _via;
    private readonly LiveForwards _live;
    private readonly ForwardingMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _invoker;
    private readonly ForwarderRequestConfig _config = new()
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,

        // Whatever the service streams may pause for as long as it likes; a dead tunnel is found by the tunnel.
        ActivityTimeout = Timeout.InfiniteTimeSpan,
    };

    /// <param name="forwarder">YARP's.</param>
    /// <param name="tunnel">Dials.</param>
    /// <param name="authorities">Of service proxies' certificates; asked once a handshake.</param>
    /// <param name="connectTimeout">For the dial with its TLS handshake.</param>
    /// <param name="via">This process. No request goes in a circle on this way alone, since its path gets shorter each time.</param>
    /// <param name="live">Counts what is under way, and cuts it at the end.</param>
    /// <param name="metrics">Count it, too.</param>
    /// <param name="tracing">Has a span for each dial.</param>
    /// <param name="time">Decides what has expired.</param>
    public ServiceForwarder(
        IHttpForwarder forwarder, TunnelClient tunnel, Func<CaBundle> authorities, TimeSpan connectTimeout, ViaHop via, LiveForwards live,
        ForwardingMetrics metrics, GatewayTracing tracing, TimeProvider time)
    {
        (_forwarder, _via, _live, _metrics, _time) = (forwarder, via, live, metrics, time);
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = IdleTimeout,
            ConnectTimeout = connectTimeout,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                RemoteCertificateValidationCallback = (sender, certificate, chain, _) => PeerCertificateCheck.Check(
                    certificate as X509Certificate2, chain?.ChainPolicy.ExtraStore ?? [], authorities(), PeerUsage.Server,
                    ((SslStream)sender).TargetHostName, time).IsAccepted,
            },
            ConnectCallback = async (context, cancellationToken) =>
            {
                var target = new TunnelTarget(context.DnsEndPoint.Host, context.DnsEndPoint.Port);
                using var span = tracing.StartDial(context.InitialRequestMessage, target.ToString());
                return await tunnel.ConnectAsync(target, cancellationToken);
            },
        });
    }

    /// <summary>Forwards, and answers itself, with a Status, whatever fails.</summary>
    /// <param name="context">The caller's request; nothing in it says who sent it any more.</param>
    /// <param name="cluster">Whose service proxy is dialled.</param>
    /// <param name="service">What it goes on to.</param>
    /// <param name="pathAndQuery">Byte for byte as the caller wrote it.</param>
    public async Task ForwardAsync(HttpContext context, string cluster, ServiceReference service, string pathAndQuery)
    {
        // Behind the service proxy anything may be a stream; only an upgrade is known to be one.
        var kind = ProxiedRequests.IsUpgrade(context) ? RequestKind.Upgrade : RequestKind.LongRunning;
        var started = _time.GetTimestamp();
        _live.Enter(kind);
        try
        {
            await SendAsync(context, cluster, service, pathAndQuery);
        }
        finally
        {
            _live.Leave(kind);
            _metrics.Ended(kind, context.Response.StatusCode, _time.GetElapsedTime(started));
        }
    }

    private async Task SendAsync(HttpContext context, string cluster, ServiceReference service, string pathAndQuery)
    {
        var target = TunnelTarget.ServiceProxy(cluster);
        var host = $"https://{target.Host}:{target.Port}";
        var (error, cause, _, _) = await _forwarder.SendWithBodyAsync(
            context, host, _invoker, _config, new ServiceRequestTransformer(host, service, pathAndQuery, _via), _live.Cutting);
        if (error is ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        await Explain(cause, cluster, service).WriteAsync(context);
    }

    public ValueTask DisposeAsync()
    {
        _invoker.Dispose();
        return ValueTask.CompletedTask;
    }

    private static StatusAnswer Explain(Exception? exception, string cluster, ServiceReference service)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is TunnelConnectException dial)
            {
                return StatusAnswer.ServiceUnavailable($"{service} of cluster \"{cluster}\": {dial.Message}", TimeSpan.FromSeconds(1));
            }

            if (e is TimeoutException)
            {
                return StatusAnswer.ServiceUnavailable(
                    $"{service} of cluster \"{cluster}\": connecting to the service proxy took too long", TimeSpan.FromSeconds(1));
            }

            if (BrokenConnection.IsCauseOf(e))
            {
                return StatusAnswer.ServiceUnavailable(
                    $"{service} of cluster \"{cluster}\": the service proxy broke off before it answered", TimeSpan.FromSeconds(1));
            }

            if (e is AuthenticationException)
            {
                return StatusAnswer.BadGateway(
                    $"{service} of cluster \"{cluster}\": the service proxy's certificate is not of --service-proxy-ca-cert, or not for its host");
            }
        }

        return StatusAnswer.BadGateway($"{service} of cluster \"{cluster}\": the service proxy's answer is no HTTP, or broke off");
    }
}
