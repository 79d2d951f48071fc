using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Certs;

/// <summary>
/// A whole development PKI, file name by file name. An authority a plane: a certificate of an agent must not open the frontends' port,
/// and the other way round; one for servers among themselves where there are several.
/// </summary>
internal static class DevPki
{
    private static readonly string[] LocalHosts = ["localhost", "127.0.0.1", "::1"];

    /// <returns>File names and PEM contents; names that end in <c>.key</c> are secrets.</returns>
    public static IReadOnlyList<(string Name, string Pem)> Issue(DevPkiOptions options, TimeProvider time)
    {
        var files = new List<(string Name, string Pem)>();
        var lifetime = TimeSpan.FromDays(options.Days);
        using var agentCa = CertificateAuthority.Create(
            options.SingleCa ? "clusterproxy development CA" : "clusterproxy development agent CA", time, lifetime);
        using var separateCa = options.SingleCa
            ? null
            : CertificateAuthority.Create("clusterproxy development frontend CA", time, lifetime);
        var frontendCa = separateCa ?? agentCa;

        AddAuthority(files, options.SingleCa ? "ca" : "agent-ca", agentCa);
        if (separateCa is not null)
        {
            AddAuthority(files, "frontend-ca", separateCa);
        }

        var server = new CertificateProfile
        {
            CommonName = "proxy-server",
            Hosts = [.. LocalHosts.Union(options.Hosts, StringComparer.OrdinalIgnoreCase)],
            Lifetime = lifetime,
        };
        AddLeaf(files, "server-frontend", frontendCa.IssueServer(server));
        AddLeaf(files, "server-agent", agentCa.IssueServer(server));
        AddLeaf(files, "frontend", frontendCa.IssueClient(FrontendProfile(lifetime)));
        foreach (var cluster in options.Clusters)
        {
            AddLeaf(files, $"agent-{cluster}", agentCa.IssueClient(AgentProfile(cluster, lifetime)));
        }

        AddServers(files, options, agentCa, lifetime, time);
        return files;
    }

    private static void AddServers(
        List<(string Name, string Pem)> files, DevPkiOptions options, CertificateAuthority single, TimeSpan lifetime, TimeProvider time)
    {
        if (options.Servers.Count == 0)
        {
            return;
        }

        using var peerCa = options.SingleCa ? null : CertificateAuthority.Create("clusterproxy development peer CA", time, lifetime);
        if (peerCa is not null)
        {
            AddAuthority(files, "peer-ca", peerCa);
        }

        foreach (var server in options.Servers)
        {
            AddLeaf(files, $"peer-{server}", (peerCa ?? single).IssuePeer(PeerProfile(server, lifetime)));
        }
    }

    private static CertificateProfile FrontendProfile(TimeSpan lifetime) => new()
    {
        CommonName = "frontend",
        Uris = [PkiNames.Frontend("frontend")],
        Lifetime = lifetime,
    };

    /// <summary>The URI is what the server reads; the common name is for people.</summary>
    private static CertificateProfile AgentProfile(string cluster, TimeSpan lifetime) => new()
    {
        CommonName = cluster,
        Organization = "clusterproxy:agents",
        Uris = [PkiNames.Cluster(cluster)],
        Lifetime = lifetime,
    };

    /// <summary>No host: servers know each other by the URI alone.</summary>
    private static CertificateProfile PeerProfile(string server, TimeSpan lifetime) => new()
    {
        CommonName = server,
        Organization = "clusterproxy:servers",
        Uris = [PkiNames.Server(server)],
        Lifetime = lifetime,
    };

    private static void AddAuthority(List<(string Name, string Pem)> files, string name, CertificateAuthority authority)
    {
        files.Add(($"{name}.crt", authority.ExportCertificatePem()));
        files.Add(($"{name}.key", authority.ExportKeyPem()));
    }

    private static void AddLeaf(List<(string Name, string Pem)> files, string name, IssuedCertificate leaf)
    {
        using (leaf)
        {
            files.Add(($"{name}.crt", leaf.ExportCertificatePem()));
            files.Add(($"{name}.key", leaf.ExportKeyPem()));
        }
    }
}
