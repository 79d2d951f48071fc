using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Hosting.Tests.Certificates;

public sealed class KeyPairFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CertificateAuthority _ca = CertificateAuthority.Create("root", TimeProvider.System);
    private readonly IssuedCertificate _leaf;

    public KeyPairFileTests() => _leaf = _ca.IssueServer(new CertificateProfile { CommonName = "leaf", Hosts = ["localhost"] });

    public void Dispose()
    {
        _leaf.Dispose();
        _ca.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Load_LeafAndChain_KeepsLeafFirstAndChainBehind()
    {
        using var intermediate = _ca.CreateIntermediate("middle");
        using var leaf = intermediate.IssueServer(new CertificateProfile { CommonName = "below" });
        var pair = Load(leaf.ExportCertificatePem(), leaf.ExportKeyPem());

        Assert.True(pair.Certificate.HasPrivateKey);
        Assert.Equal("CN=below", pair.Certificate.Subject);
        Assert.Equal(["CN=middle"], pair.Intermediates.Select(c => c.Subject));
        Assert.Equal(["CN=middle"], pair.Context.IntermediateCertificates.Select(c => c.Subject));
    }

    [Fact]
    public void Load_Sec1KeyWithParametersBlock_IsRead()
    {
        using var key = _leaf.Certificate.GetECDsaPrivateKey()!;
        var pem = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + key.ExportECPrivateKeyPem() + "\n";

        Assert.True(Load(_leaf.ExportCertificatePem(), pem).Certificate.HasPrivateKey);
    }

    [Fact]
    public void Load_RsaPair_IsRead()
    {
        using var key = RSA.Create(2048);
        using var certificate = SelfSigned(key);

        Assert.True(Load(certificate.ExportCertificatePem(), key.ExportRSAPrivateKeyPem()).Certificate.HasPrivateKey);
    }

    [Fact]
    public void Load_KeyOfAnotherCertificate_NamesBothFlags()
    {
        using var other = _ca.IssueServer(new CertificateProfile { CommonName = "other" });

        var error = Fails(_leaf.ExportCertificatePem(), other.ExportKeyPem());
        Assert.Contains("does not match", error, StringComparison.Ordinal);
        Assert.Contains("--server-key=", error, StringComparison.Ordinal);
        Assert.Contains("--server-cert=", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_KeyOfAnotherAlgorithm_DoesNotMatch(bool pkcs8)
    {
        using var rsa = RSA.Create(2048);
        var pem = pkcs8 ? rsa.ExportPkcs8PrivateKeyPem() : rsa.ExportRSAPrivateKeyPem();

        Assert.Contains("does not match", Fails(_leaf.ExportCertificatePem(), pem), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EncryptedKey_SaysHowToDecrypt()
    {
        using var key = _leaf.Certificate.GetECDsaPrivateKey()!;
        var pem = key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));

        Assert.Contains("openssl pkey", Fails(_leaf.ExportCertificatePem(), pem), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OldStyleEncryptedKey_IsSeenAsEncrypted()
    {
        const string Pem = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";

        Assert.Contains("encrypted", Fails(_leaf.ExportCertificatePem(), Pem), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_DamagedKey_SaysItCannotBeUsed()
    {
        const string Pem = "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n";

        Assert.Contains("cannot be used", Fails(_leaf.ExportCertificatePem(), Pem), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FilesSwapped_SaysWhatIsMissing() =>
        Assert.Contains("no certificate", Fails(_leaf.ExportKeyPem(), _leaf.ExportCertificatePem()), StringComparison.Ordinal);

    [Fact]
    public void Load_DirectoryInsteadOfFile_SaysSo()
    {
        var error = Assert.Throws<StartupException>(() => KeyPairFile.Load("server-cert", _folder.Path, "server-key", "x"));
        Assert.Contains("directory", error.Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 SelfSigned(RSA key) =>
        new CertificateRequest("CN=rsa", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddHours(1));

    private string Fails(string certPem, string keyPem)
    {
        var message = Assert.Throws<StartupException>(() => Load(certPem, keyPem)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private KeyPair Load(string certPem, string keyPem) =>
        KeyPairFile.Load("server-cert", _folder.Write("tls.crt", certPem), "server-key", _folder.Write("tls.key", keyPem));
}
