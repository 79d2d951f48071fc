using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Server.Planes;

namespace ClusterProxy.Server.Certificates;

/// <summary>The certificate files of all planes. All follow their files while the server runs.</summary>
internal sealed class ServerCertificates
{
    private const string Agent = "agent";
    private const string Frontend = "frontend";
    private const string Serving = "serving";

    /// <exception cref="Hosting.StartupException">A file cannot be used.</exception>
    public ServerCertificates(ServerOptions options, CertificateFiles files)
    {
        AgentPort = files.KeyPair(
            Agent, Serving, new("cluster-cert", options.ClusterCert), new("cluster-key", options.ClusterKey));
        if (options.ClusterCaCert.Length > 0)
        {
            AgentAuthorities = files.Authorities(Agent, new("cluster-ca-cert", options.ClusterCaCert));
        }

        if (options.UdsName.Length == 0)
        {
            FrontendPort = files.KeyPair(
                Frontend, Serving, new("server-cert", options.ServerCert), new("server-key", options.ServerKey));
            FrontendAuthorities = files.Authorities(Frontend, new("server-ca-cert", options.ServerCaCert));
        }

        if (options.HasPeers)
        {
            var certificate = new FlagFile("peer-cert", options.PeerCert);
            Peer = files.KeyPair(
                PeerPlane.Name, Serving, certificate, new("peer-key", options.PeerKey),
                pair => ObjectionToOwn(pair, options.ServerId) is { } objection ? $"{certificate}: {objection}" : null);
            PeerAuthorities = files.Authorities(PeerPlane.Name, new("peer-ca-cert", options.PeerCaCert));
        }
    }

    public ReloadingFile<KeyPair> AgentPort { get; }

    /// <summary>Null when agents show no certificate.</summary>
    public ReloadingFile<CaBundle>? AgentAuthorities { get; }

    /// <summary>Null when frontends are served on a Unix socket only.</summary>
    public ReloadingFile<KeyPair>? FrontendPort { get; }

    /// <inheritdoc cref="FrontendPort"/>
    public ReloadingFile<CaBundle>? FrontendAuthorities { get; }

    /// <summary>Shown to other servers, whoever connects to whom; null when this server has none.</summary>
    public ReloadingFile<KeyPair>? Peer { get; }

    /// <inheritdoc cref="Peer"/>
    public ReloadingFile<CaBundle>? PeerAuthorities { get; }

    /// <summary>Said here at once, and not by every other server later.</summary>
    private static string? ObjectionToOwn(KeyPair pair, string serverId) =>
        PlaneRules.ObjectionToPeer(pair.Certificate) is { } objection
            ? $"{objection}; give this server's own, with the URI spiffe://TRUST-DOMAIN/server/{serverId}"
        : PlaneRules.ObjectionToServerId(pair.Certificate, serverId) is not null
            ? $"it is for {CertificateIdentity.Of(pair.Certificate)}, and --server-id is \"{serverId}\", so other servers would refuse it; "
                + "give this server's own, or that id"
        : null;
}
