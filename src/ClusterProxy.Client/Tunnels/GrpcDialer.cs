using System.Collections.Concurrent;
using System.Net.Security;
using ClusterProxy.Client.Lanes;
using ClusterProxy.Client.Servers;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Tls;

namespace ClusterProxy.Client.Tunnels;

/// <summary>
/// Dials over gRPC: one tunnel a dial, and as many HTTP/2 connections as the server's limit of streams demands, which is
/// nearly always one. Once the server has announced lanes, and as long as there is one, it dials on these.
/// </summary>
internal sealed class GrpcDialer : IDialer
{
    private readonly ServerConnector _connector;
    private readonly TunnelSettings _settings;
    private readonly HttpMessageInvoker _http;
    private readonly LaneSet? _lanes;
    private readonly int _mostLanes;
    private readonly ConcurrentDictionary<ProxyTunnel, byte> _tunnels = new();

    public GrpcDialer(ServerConnector connector, TunnelClientOptions options, TunnelSettings settings)
    {
        _connector = connector;
        _mostLanes = options.Lanes;
        _lanes = options.Lanes > 0 ? new LaneSet(connector, options, settings) : null;
        _settings = _lanes is { } lanes
            ? settings with { OnServerFeatures = features => lanes.Announce(features.HasFlag(TunnelFeatureSet.Lanes)) }
            : settings;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => await ConnectAsync(cancellationToken).ConfigureAwait(false),
            // The connector has its own, which can say what it waited for.
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            KeepAlivePingDelay = options.KeepAliveDelay,
            KeepAlivePingTimeout = options.KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            // A tunnel says itself which trace it is for.
            ActivityHeadersPropagator = null,
        });
    }

    public async Task<IStreamEnd> DialAsync(TunnelTarget target, CancellationToken cancellationToken)
    {
        for (var lost = 0; lost <= _mostLanes && _lanes?.Pick() is { } lane; lost++)
        {
            if (await lane.DialAsync(target, cancellationToken).ConfigureAwait(false) is { } end)
            {
                return end;
            }
        }

        var tunnel = await OpenAsync(target, cancellationToken).ConfigureAwait(false);
        _tunnels.TryAdd(tunnel, default);
        tunnel.Dial();
        try
        {
            return await tunnel.Dialed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            tunnel.CancelDial();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // No dial runs any more: the client sees to that first.
        Task[] tunnels = [.. _tunnels.Keys.Select(static tunnel => tunnel.DisposeAsync().AsTask())];
        if (_lanes is not null)
        {
            await _lanes.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(tunnels).ConfigureAwait(false);
        _http.Dispose();
    }

    private async Task<ProxyTunnel> OpenAsync(TunnelTarget target, CancellationToken cancellationToken)
    {
        _settings.Metrics.ConnectionMoved(null, ConnectionStatus.Created);
        try
        {
            return await ProxyTunnel.OpenAsync(
                _http, _connector.Address.Authority, target, _settings, ended => _tunnels.TryRemove(ended, out _),
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _settings.Metrics.ConnectionMoved(ConnectionStatus.Created, null);
            if (e is GrpcException grpc)
            {
                throw new TunnelConnectException(
                    DialFailureReason.StreamSetup,
                    $"dialing {target} failed before the server took it: " +
                    (ServerConnectException.In(e)?.Message ??
                        $"{_settings.Server} did not open a tunnel ({Cause(grpc)}); a refused client certificate looks like this, and the " +
                        "server's log says why; or the port is no gRPC frontend"),
                    e);
            }

            throw;
        }
    }

    private static string Cause(GrpcException refusal) =>
        refusal.InnerException is { } inner ? $"{refusal.Status.Code}: {TlsFaultText.Of(inner)}" : refusal.Status.ToString();

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = await _connector.ConnectAsync(SslApplicationProtocol.Http2, cancellationToken).ConfigureAwait(false);
        ClientLog.ServerConnected(_settings.Log, _settings.Server);
        return connection.Stream;
    }
}
