using System.IO.Pipelines;
using System.Net.Security;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Listeners;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Server.Certificates;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Grpc;
using ClusterProxy.Server.Policy;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Server.Planes;

/// <summary>The frontend listeners: gRPC, HTTP-CONNECT or both, over TCP with client certificates or a Unix socket.</summary>
internal static class FrontendPlane
{
    /// <summary>The value of the <c>plane</c> label.</summary>
    public const string Name = "frontend";

    private const string WrongProtocol =
        "this port speaks gRPC over HTTP/2; HTTP-CONNECT is served with --mode=http-connect or --mode=auto";

    private static readonly GrpcStatus TooManyStreams = new(
        GrpcStatusCode.ResourceExhausted,
        "this client's certificate or user has twice as many streams open as --max-connections-per-frontend allows connections; close some, or try again later");

    public static PlaneOptions Create(
        ServerOptions options, FrontendContext context, ServerCertificates certificates, HostingMetrics metrics, ILogger logger)
    {
        var connect = options.Mode == FrontendMode.Grpc
            ? (Func<ConnectionContext, ReadResult?, Task>?)null
            : (connection, peeked) => new ConnectTunnel(connection, peeked, context, options.ConnectHeadTimeout).RunAsync();
        var lanes = new FrontendLaneService(context);
        Func<ConnectionDelegate, ConnectionDelegate> shares =
            options.MaxConnectionsPerFrontend > 0 ? new FrontendShares(options.MaxConnectionsPerFrontend).Use : static next => next;
        var grpc = new GrpcMethod(
            TunnelHeaders.ProxyMethod, call => ServeAsync(call, context), context.Refused, context.Time, logger);
        return new PlaneOptions
        {
            Name = Name,
            Endpoint = options.UdsName.Length > 0 ? null : new("server-port", options.ServerBindAddress, options.ServerPort),
            UseTls = options.UdsName.Length > 0 ? null : CreateTls(options, certificates, metrics, context).Use,
            Socket = BindSocket(options),
            Connect = next => Identify(
                context,
                shares(Switch(
                    FrontendExpiry.Use(context.Time, logger.FrontendCertificateEnded, lanes.ServeAsync),
                    new FrontendSwitch(
                        options.Mode != FrontendMode.HttpConnect, connect, lanes.ServeAsync, WrongProtocol, context.Refused, options.ConnectHeadTimeout,
                        context.Time)
                        .Use(FrontendExpiry.Use(context.Time, logger.FrontendCertificateEnded, next))))),
            Serve = grpc.HandleAsync,

            // A client with one HTTP/2 connection opens a stream for each dial.
            MaxStreams = 20_000,

            // 128 streams may stand still before they hold up the others of their connection.
            StreamWindow = 512 * 1024,
            ConnectionWindow = 64 * 1024 * 1024,
            ResponseBuffer = 128 * 1024,
            PingInterval = options.FrontendPingInterval,
        };
    }

    private static async Task<GrpcStatus> ServeAsync(GrpcServerCall call, FrontendContext context)
    {
        if (call.Share is not { } share)
        {
            return await RunAsync(call, context);
        }

        if (!share.Streams.TryEnter())
        {
            context.Metrics.StreamFailed(context.Metrics.FromClient, TooManyStreams.Code);
            context.Refusals.StreamBroken(FrontendTunnel.WhoIs(call), call.Peer, TooManyStreams);
            return TooManyStreams;
        }

        try
        {
            return await RunAsync(call, context);
        }
        finally
        {
            share.Streams.Leave();
        }
    }

    private static async Task<GrpcStatus> RunAsync(GrpcServerCall call, FrontendContext context)
    {
        await call.StartAsync(
            call.Metadata.ContainsKey(TunnelHeaders.Features) ? [(TunnelHeaders.Features, TunnelFeatures.Format(context.Features))] : []);
        return await new FrontendTunnel(call, context).RunAsync();
    }

    /// <summary>Once a connection, for every dial on it.</summary>
    public static ConnectionDelegate Identify(FrontendContext context, ConnectionDelegate next) => !context.WantsSubjects
        ? next
        : connection =>
        {
            connection.Features.Set(FrontendSubject.Of(connection));
            return next(connection);
        };

    private static ConnectionDelegate Switch(ConnectionDelegate lanes, ConnectionDelegate others) => connection =>
        FrontendLaneService.IsAgreed(connection) ? lanes(connection) : others(connection);

    private static UnixSocketListener? BindSocket(ServerOptions options)
    {
        var (flag, path) = options.UdsName.Length > 0 ? ("uds-name", options.UdsName) : ("frontend-uds-name", options.FrontendUdsName);
        return path.Length > 0 ? UnixSocketListener.Bind(flag, path, options.DeleteExistingUdsFile) : null;
    }

    private static ServerTls CreateTls(
        ServerOptions options, ServerCertificates certificates, HostingMetrics metrics, FrontendContext context) =>
        new(
            new ServerTlsOptions
            {
                Plane = Name,
                KeyPair = () => certificates.FrontendPort!.Value,
                ClientCa = () => certificates.FrontendAuthorities!.Value,
                PlaneObjection = new PlaneRules(options, certificates).ObjectionAtFrontendPort,
                MaxConnections = options.FrontendMaxConnections,
                MaxConnectionsFlag = "frontend-max-connections",
                Refused = context.Audit is { } audit ? (peer, shown) => audit.HandshakeRefused(Name, peer, shown) : null,
                Versions = options.TlsProtocols,
                CipherSuites = options.CipherSuites,
                ApplicationProtocols = options.Mode switch
                {
                    FrontendMode.Grpc => [SslApplicationProtocol.Http2, LaneProtocol.Alpn],
                    FrontendMode.HttpConnect => [SslApplicationProtocol.Http11],
                    _ => [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11, LaneProtocol.Alpn],
                },
            },
            metrics, context.Refusals, context.Time);
}
