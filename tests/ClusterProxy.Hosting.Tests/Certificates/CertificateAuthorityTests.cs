using System.Net;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Hosting.Tests.Certificates;

public sealed class CertificateAuthorityTests
{
    [Fact]
    public void IssueServer_WithHostsAndUris_CarriesThemByKind()
    {
        using var ca = CertificateAuthority.Create("test root", TimeProvider.System);
        using var leaf = ca.IssueServer(new CertificateProfile
        {
            CommonName = "server",
            Organization = "org",
            Hosts = ["hub.example", "127.0.0.1", "::1"],
            Uris = [new Uri("spiffe://clusterproxy/cluster/alpha")],
        });

        var names = CertificateNames.Of(leaf.Certificate);
        Assert.Equal(["hub.example"], names.Dns);
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], names.Addresses);
        Assert.Equal(["spiffe://clusterproxy/cluster/alpha"], names.Uris);
        Assert.Contains("O=org", leaf.Certificate.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void IssueClient_Always_SetsUsageAndKeyIdentifiers()
    {
        using var ca = CertificateAuthority.Create("test root", TimeProvider.System);
        using var leaf = ca.IssueClient(new CertificateProfile { CommonName = "agent" });

        var extensions = leaf.Certificate.Extensions;
        var usage = Assert.Single(extensions.OfType<X509EnhancedKeyUsageExtension>());
        Assert.Equal("1.3.6.1.5.5.7.3.2", usage.EnhancedKeyUsages[0].Value);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
        Assert.False(extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        var issuerKey = extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier;
        var caKey = ca.Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes;
        Assert.Equal(caKey.ToArray(), issuerKey!.Value.ToArray());
    }

    [Fact]
    public void Issue_LifetimeBeyondTheAuthority_EndsWithTheAuthority()
    {
        using var ca = CertificateAuthority.Create("short", TimeProvider.System, TimeSpan.FromDays(2));
        using var leaf = ca.IssueClient(new CertificateProfile { CommonName = "c", Lifetime = TimeSpan.FromDays(30) });

        Assert.Equal(ca.Certificate.NotAfter, leaf.Certificate.NotAfter);
    }

    [Fact]
    public void Load_ExportedAuthority_SignsLeavesThatTheOldBundleTrusts()
    {
        using var ca = CertificateAuthority.Create("root", TimeProvider.System);
        using var again = CertificateAuthority.Load(ca.ExportCertificatePem(), ca.ExportKeyPem(), TimeProvider.System);
        using var leaf = again.IssueClient(new CertificateProfile { CommonName = "c" });

        var result = PeerCertificateCheck.Check(leaf.Certificate, [], ca.ToBundle(), PeerUsage.Client, null, TimeProvider.System);
        Assert.Equal(PeerVerdict.Accepted, result.Verdict);
    }
}
