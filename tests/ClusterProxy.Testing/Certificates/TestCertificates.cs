using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Testing.Certificates;

/// <summary>
/// A throw-away CA and its leaves. Two instances are two CAs that do not trust each other; the PEM files live until dispose.
/// </summary>
public sealed class TestCertificates : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<IssuedCertificate> _leaves = [];

    public TestCertificates(string name = "test CA")
    {
        Authority = CertificateAuthority.Create(name, TimeProvider.System);
        AuthorityFile = Write("ca.crt", Authority.ExportCertificatePem());
    }

    public CertificateAuthority Authority { get; }

    /// <summary>The CA certificate as PEM, for the flags that end in ca-cert.</summary>
    public string AuthorityFile { get; }

    /// <summary>A serving certificate; without names it is for localhost and both loopback addresses.</summary>
    public TestCertificate Server(params string[] names) => Save(Authority.IssueServer(Profile("server", Serving(names))));

    /// <param name="commonName">The subject's CN.</param>
    /// <param name="names">SANs: addresses, DNS names, or URIs when they have a scheme.</param>
    public TestCertificate Client(string commonName = "client", params string[] names) =>
        Save(Authority.IssueClient(Profile(commonName, names)));

    /// <summary>A certificate with both usages, as servers of a fleet show each other.</summary>
    public TestCertificate Peer(string name = "hub", string? uri = null) =>
        Save(Authority.IssuePeer(Profile(name, ["localhost", uri ?? $"spiffe://hub/server/{name}"])));

    /// <summary>As <see cref="EndingClient"/>, of a server of a fleet.</summary>
    public TestCertificate EndingPeer(TimeSpan left, string name) =>
        Save(Authority.IssuePeer(Ending(Profile(name, ["localhost", $"spiffe://hub/server/{name}"]), left)));

    /// <summary>As <see cref="EndingClient"/>, to serve with.</summary>
    public TestCertificate EndingServer(TimeSpan left, params string[] names) =>
        Save(Authority.IssueServer(Ending(Profile("ending", Serving(names)), left)));

    /// <summary>A serving certificate whose validity ended an hour ago.</summary>
    public TestCertificate ExpiredServer(params string[] names) => Save(Authority.IssueServer(Expired(Profile("expired", Serving(names)))));

    /// <inheritdoc cref="ExpiredServer"/>
    public TestCertificate ExpiredClient(string commonName = "expired", params string[] names) =>
        Save(Authority.IssueClient(Expired(Profile(commonName, names))));

    /// <summary>A client certificate of which little is left, as of one issued a while ago.</summary>
    /// <param name="left">Until its end.</param>
    /// <param name="commonName">The subject's CN.</param>
    /// <param name="names">As for <see cref="Client"/>.</param>
    public TestCertificate EndingClient(TimeSpan left, string commonName = "ending", params string[] names) =>
        Save(Authority.IssueClient(Ending(Profile(commonName, names), left)));

    public void Dispose()
    {
        _leaves.ForEach(l => l.Dispose());
        Authority.Dispose();
        _directory.Dispose();
    }

    private static CertificateProfile Ending(CertificateProfile profile, TimeSpan left) =>
        profile with { NotBefore = TimeProvider.System.GetUtcNow().AddDays(-1), Lifetime = left };

    private static string[] Serving(string[] names) => names is [] ? ["localhost", "127.0.0.1", "::1"] : names;

    private static CertificateProfile Profile(string commonName, string[] names) => new()
    {
        CommonName = commonName,
        Hosts = [.. names.Where(n => !IsUri(n))],
        Uris = [.. names.Where(IsUri).Select(n => new Uri(n))],
    };

    private static CertificateProfile Expired(CertificateProfile profile) => profile with
    {
        NotBefore = TimeProvider.System.GetUtcNow().AddDays(-1),
        Lifetime = TimeSpan.FromHours(-1),
    };

    private static bool IsUri(string name) => name.Contains("://", StringComparison.Ordinal);

    private TestCertificate Save(IssuedCertificate leaf)
    {
        _leaves.Add(leaf);
        return new TestCertificate(
            leaf.Certificate,
            Write($"{_leaves.Count}.crt", leaf.ExportCertificatePem()),
            Write($"{_leaves.Count}.key", leaf.ExportKeyPem()));
    }

    private string Write(string name, string pem)
    {
        var path = _directory.File(name);
        File.WriteAllText(path, pem);
        return path;
    }
}
