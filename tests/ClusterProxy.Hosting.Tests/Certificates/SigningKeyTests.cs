using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Hosting.Tests.Certificates;

/// <summary>Authorities of others' making, such as OCM's RSA signers.</summary>
public sealed class SigningKeyTests
{
    private const string RsaSignature = "1.2.840.113549.1.1.11";

    [Theory]
    [InlineData("PRIVATE KEY", true)]
    [InlineData("RSA PRIVATE KEY", true)]
    [InlineData("PRIVATE KEY", false)]
    public void RsaAuthority_SignsLeavesThatItsClientsAccept(string form, bool hasKeyIdentifier)
    {
        using var key = RSA.Create(2048);
        using var authority = SelfSigned(key, isAuthority: true, hasKeyIdentifier);
        using var ca = CertificateAuthority.Load(
            Bundle(authority), form == "PRIVATE KEY" ? key.ExportPkcs8PrivateKeyPem() : key.ExportRSAPrivateKeyPem(), TimeProvider.System);

        using var leaf = ca.IssueServer(new CertificateProfile { CommonName = "gateway", Hosts = ["gateway.proxy.svc"] });

        Assert.Equal(RsaSignature, leaf.Certificate.SignatureAlgorithm.Value);
        var check = PeerCertificateCheck.Check(leaf.Certificate, [], Bundle(authority), PeerUsage.Server, "gateway.proxy.svc", TimeProvider.System);
        Assert.True(check.IsAccepted, check.Detail);
        Assert.Contains("PRIVATE KEY", ca.ExportKeyPem(), StringComparison.Ordinal);
    }

    [Fact]
    public void CurveOfAnotherKind_SignsToo()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest("CN=other", key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90));
        using var ca = CertificateAuthority.Load(Bundle(authority), key.ExportECPrivateKeyPem(), TimeProvider.System);

        using var leaf = ca.IssueServer(new CertificateProfile { CommonName = "g", Hosts = ["g"] });

        Assert.True(PeerCertificateCheck.Check(leaf.Certificate, [], Bundle(authority), PeerUsage.Server, "g", TimeProvider.System).IsAccepted);
    }

    [Fact]
    public void KeyThatClientsWouldNotAccept_IsRefused()
    {
        using var key = RSA.Create(1024);
        using var authority = SelfSigned(key, isAuthority: true, hasKeyIdentifier: true);

        Assert.Contains("1024 bits", Refusal(authority, key.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateOfNoAuthority_IsRefused()
    {
        using var key = RSA.Create(2048);
        using var leaf = SelfSigned(key, isAuthority: false, hasKeyIdentifier: true);

        Assert.Contains("no authority", Refusal(leaf, key.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
    }

    [Fact]
    public void KeyOfSomebodyElse_AndNoKey_AreRefused()
    {
        using var key = RSA.Create(2048);
        using var other = RSA.Create(2048);
        using var authority = SelfSigned(key, isAuthority: true, hasKeyIdentifier: true);

        Assert.Contains("none of the certificates", Refusal(authority, other.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
        Assert.Contains("no private key", Refusal(authority, ""), StringComparison.Ordinal);
        Assert.Contains("encrypted", Refusal(authority, key.ExportEncryptedPkcs8PrivateKeyPem(
            "word", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000))), StringComparison.Ordinal);
    }

    private static string Refusal(X509Certificate2 certificate, string key) =>
        Assert.Throws<CryptographicException>(() => CertificateAuthority.Load(Bundle(certificate), key, TimeProvider.System)).Message;

    private static CaBundle Bundle(X509Certificate2 certificate) => CaBundle.Parse(certificate.ExportCertificatePem(), "bundle");

    private static X509Certificate2 SelfSigned(RSA key, bool isAuthority, bool hasKeyIdentifier)
    {
        var request = new CertificateRequest("CN=cluster-gateway", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        if (hasKeyIdentifier)
        {
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        }

        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(3650));
    }
}
