using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Cli.Certs;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>
/// Throw-away certificates: an authority for the frontend plane, one for the agent plane, as in production, one for the clusters'
/// own APIs, and one for the gateway's users. Programs read files; the authorities' keys never leave memory.
/// </summary>
internal sealed class DemoCertificates : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private static readonly string[] Loopback = ["127.0.0.1", "::1", "localhost"];

    private readonly PrivateFolder _folder;
    private readonly CertificateAuthority _frontends;
    private readonly CertificateAuthority _agents;
    private readonly CertificateAuthority _apis;
    private readonly CertificateAuthority _users;

    public DemoCertificates(PrivateFolder folder, TimeProvider time)
    {
        _folder = folder;
        _frontends = CertificateAuthority.Create("demo frontend plane", time, Lifetime);
        _agents = CertificateAuthority.Create("demo agent plane", time, Lifetime);
        _apis = CertificateAuthority.Create("demo cluster APIs", time, Lifetime);
        _users = CertificateAuthority.Create("demo users", time, Lifetime);
        FrontendCa = folder.Write("frontend-ca.crt", _frontends.ExportCertificatePem());
        AgentCa = folder.Write("agent-ca.crt", _agents.ExportCertificatePem());
        ApiCa = folder.Write("api-ca.crt", _apis.ExportCertificatePem());
        UserCa = folder.Write("user-ca.crt", _users.ExportCertificatePem());
        FrontendServer = Write("frontend-server", _frontends.IssueServer(Profile("proxy-server", Loopback)));
        AgentServer = Write("agent-server", _agents.IssueServer(Profile("proxy-server", Loopback)));
        FrontendClientIdentity = _frontends.IssueClient(Profile("demo") with { Uris = [PkiNames.Frontend("demo")] });
        FrontendClient = Write("frontend-client", FrontendClientIdentity);
        UserIdentity = _users.IssueClient(Profile(DemoGateway.User));
        User = Write("user", UserIdentity);
    }

    public string FrontendCa { get; }

    public string AgentCa { get; }

    public string ApiCa { get; }

    /// <summary>Of those who use the gateway.</summary>
    public string UserCa { get; }

    public CertificateFiles FrontendServer { get; }

    public CertificateFiles FrontendClient { get; }

    public CertificateFiles AgentServer { get; }

    public CertificateFiles User { get; }

    public X509Certificate2 FrontendAuthority => _frontends.Certificate;

    public X509Certificate2 ApiAuthority => _apis.Certificate;

    public IssuedCertificate FrontendClientIdentity { get; }

    public IssuedCertificate UserIdentity { get; }

    public CertificateFiles IssueAgent(string cluster)
    {
        using var issued = _agents.IssueClient(Profile(cluster) with { Uris = [PkiNames.Cluster(cluster)] });
        return Write($"agent-{cluster}", issued);
    }

    public IssuedCertificate IssueApi(string cluster) => _apis.IssueServer(Profile(cluster, cluster, "kubernetes.default.svc"));

    public void Dispose()
    {
        FrontendClientIdentity.Dispose();
        UserIdentity.Dispose();
        _frontends.Dispose();
        _agents.Dispose();
        _apis.Dispose();
        _users.Dispose();
    }

    private CertificateFiles Write(string name, IssuedCertificate issued) => new(
        _folder.Write($"{name}.crt", issued.ExportCertificatePem()),
        _folder.Write($"{name}.key", issued.ExportKeyPem()));

    private static CertificateProfile Profile(string name, params string[] hosts) =>
        new() { CommonName = name, Hosts = hosts, Lifetime = Lifetime };
}
