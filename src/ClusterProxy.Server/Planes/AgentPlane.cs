using System.Net.Security;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Server.Audit;
using ClusterProxy.Server.Certificates;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Grpc;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ClusterProxy.Server.Planes;

/// <summary>The agent port: gRPC over TLS, one long stream an agent.</summary>
internal static class AgentPlane
{
    /// <summary>The value of the <c>plane</c> label.</summary>
    public const string Name = "agent";

    private const string WrongProtocol = "this port is for agents and speaks gRPC over HTTP/2";

    public static PlaneOptions Create(
        ServerOptions options, AgentService service, LaneService lanes, TokenConnections? tokens, HandshakeAdmission admission,
        ServerCertificates certificates, HostingMetrics metrics, RefusedRequests refused, AuditLog? audit, TimeProvider time, ILogger logger)
    {
        Func<ConnectionDelegate, ConnectionDelegate> counted = tokens is null ? static next => next : tokens.Use;
        var tls = new ServerTls(
            new ServerTlsOptions
            {
                Plane = Name,
                KeyPair = () => certificates.AgentPort.Value,
                ClientCa = certificates.AgentAuthorities is { } agents ? () => agents.Value : null,
                PlaneObjection = PlaneRules.ObjectionAtAgentPort,
                HasRoom = admission.HasRoom,
                Admit = (offered, waits, token) => admission.AdmitAsync(offered.Contains(LaneProtocol.Alpn), waits, token),
                MaxConnections = options.AgentMaxConnections,
                MaxConnectionsFlag = "agent-max-connections",
                Refused = audit is null ? null : (peer, shown) => audit.HandshakeRefused(Name, peer, shown),
                Versions = options.TlsProtocols,
                CipherSuites = options.CipherSuites,
                ApplicationProtocols = [SslApplicationProtocol.Http2, LaneProtocol.Alpn],
            },
            metrics, logger, time);
        return new PlaneOptions
        {
            Name = Name,
            Endpoint = new("agent-port", options.AgentBindAddress, options.AgentPort),
            UseTls = tls.Use,
            Handshakes = admission.Turns,
            Connect = next => Connect(
                lanes,
                counted(new FrontendSwitch(serveGrpc: true, serveConnect: null, serveLane: null, WrongProtocol, refused, options.ConnectHeadTimeout, time)
                    .Use(next))),
            Serve = Serve(new GrpcMethod(TunnelHeaders.ConnectMethod, service.ServeAsync, refused, time, logger)),
            MaxStreams = 1000,

            // What is dialled before the lanes are open stays on this one stream, often over a long way: at 100 ms these are
            // 160 MB/s. Between our own peers credit bounds what is really under way.
            StreamWindow = 16 * 1024 * 1024,
            ConnectionWindow = 16 * 1024 * 1024,
            ResponseBuffer = 256 * 1024,
            PingInterval = options.AgentPingInterval,
        };
    }

    private static ConnectionDelegate Connect(LaneService lanes, ConnectionDelegate others) => connection =>
        connection.Features.Get<ISslStreamFeature>()?.SslStream is { } tls && tls.NegotiatedApplicationProtocol == LaneProtocol.Alpn
            ? ServeLaneAsync(lanes, tls, connection)
            : ServeCallsAsync(others, connection);

    private static Task ServeCallsAsync(ConnectionDelegate others, ConnectionContext connection)
    {
        connection.Features.Set(new ConnectionCalls());
        return others(connection);
    }

    private static RequestDelegate Serve(GrpcMethod method) => http =>
    {
        http.Features.Get<HandshakePermit>()?.Dispose();
        http.Features.Get<DirectSocketConnection>()?.RunReadsInline();
        return method.HandleAsync(http);
    };

    private static Task ServeLaneAsync(LaneService lanes, SslStream tls, ConnectionContext connection)
    {
        connection.Features.Get<HandshakePermit>()?.Dispose();
        if (connection.Features.Get<DirectSocketConnection>() is { } socket)
        {
            socket.RunReadsInline();
            socket.BufferWrites();
        }

        return lanes.ServeAsync(
            tls, connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate, connection.RemoteEndPoint?.ToString() ?? "unknown",
            connection.ConnectionClosed);
    }
}
