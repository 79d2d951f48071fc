using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Server.Certificates;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Peers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ClusterProxy.Server.Planes;

/// <summary>The port for the other servers of the fleet: lanes and nothing else, for certificates that say that they are a server's.</summary>
internal static class PeerPlane
{
    /// <summary>The value of the <c>plane</c> label.</summary>
    public const string Name = "peer";

    /// <param name="options">Of the server.</param>
    /// <param name="context">Its router knows no other servers: a dial that came over one hop takes no second.</param>
    /// <param name="admission">Who comes in.</param>
    /// <param name="certificates">Of all planes.</param>
    /// <param name="metrics">Counts handshakes.</param>
    /// <param name="logger">Of the server.</param>
    public static PlaneOptions Create(
        ServerOptions options, FrontendContext context, PeerAdmission admission, ServerCertificates certificates, HostingMetrics metrics,
        ILogger logger)
    {
        var lanes = new FrontendLaneService(context, admission);
        var tls = new ServerTls(
            new ServerTlsOptions
            {
                Plane = Name,
                KeyPair = () => certificates.Peer!.Value,
                ClientCa = () => certificates.PeerAuthorities!.Value,
                PlaneObjection = PlaneRules.ObjectionToPeer,
                Refused = context.Audit is { } audit ? (peer, shown) => audit.HandshakeRefused(Name, peer, shown) : null,
                Versions = options.TlsProtocols,
                CipherSuites = options.CipherSuites,
                ApplicationProtocols = [LaneProtocol.PeerAlpn],
            },
            metrics, context.Refusals, context.Time);
        return new PlaneOptions
        {
            Name = Name,
            Endpoint = new("peer-port", options.PeerBindAddress, options.PeerPort),
            UseTls = tls.Use,
            Connect = _ => FrontendPlane.Identify(
                context, FrontendExpiry.Use(context.Time, logger.PeerCertificateEnded, connection => ServeAsync(lanes, connection))),
            Serve = static _ => Task.CompletedTask,

            // No HTTP is spoken here.
            MaxStreams = 1,
            StreamWindow = 64 * 1024,
            ConnectionWindow = 64 * 1024,
            ResponseBuffer = 64 * 1024,
            PingInterval = null,
        };
    }

    private static Task ServeAsync(FrontendLaneService lanes, ConnectionContext connection) =>
        connection.Features.Get<ISslStreamFeature>()?.SslStream.NegotiatedApplicationProtocol == LaneProtocol.PeerAlpn
            ? lanes.ServeAsync(connection)
            : Task.CompletedTask;
}
