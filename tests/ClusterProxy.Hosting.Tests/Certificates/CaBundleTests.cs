using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Hosting.Tests.Certificates;

[Trait("Spec", "7.40")]
public sealed class CaBundleTests : IDisposable
{
    private readonly CertificateAuthority _one = CertificateAuthority.Create("one", TimeProvider.System);
    private readonly CertificateAuthority _two = CertificateAuthority.Create("two", TimeProvider.System);

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
    }

    [Fact]
    public void Parse_OtherBlocksAndProse_AreSkipped()
    {
        var pem = $"some prose\n{_one.ExportKeyPem()}{_one.ExportCertificatePem()}# comment\n{_two.ExportCertificatePem()}";

        Assert.Equal(["CN=one", "CN=two"], CaBundle.Parse(pem, "ca.crt").Certificates.Select(c => c.Subject));
    }

    [Fact]
    public void Parse_TruncatedBlock_IsSkippedAndTheNextOneKept()
    {
        var whole = _one.ExportCertificatePem();
        var pem = whole[..(whole.Length / 2)] + "\n" + _two.ExportCertificatePem();

        Assert.Equal(["CN=two"], CaBundle.Parse(pem, "ca.crt").Certificates.Select(c => c.Subject));
    }

    [Fact]
    public void Parse_BlockThatIsNoBase64_IsSkipped()
    {
        var pem = "-----BEGIN CERTIFICATE-----\n!!!not base64!!!\n-----END CERTIFICATE-----\n" + _two.ExportCertificatePem();

        Assert.Equal(["CN=two"], CaBundle.Parse(pem, "ca.crt").Certificates.Select(c => c.Subject));
    }

    [Fact]
    public void Parse_DecodableBlockThatIsNoCertificate_IsAnError()
    {
        var pem = _one.ExportCertificatePem() + "-----BEGIN CERTIFICATE-----\naGVsbG8gd29ybGQ=\n-----END CERTIFICATE-----\n";

        var error = Assert.Throws<FormatException>(() => CaBundle.Parse(pem, "ca.crt"));
        Assert.Contains("certificate 2 in ca.crt", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN CERTIFICATE-----\n")]
    public void Parse_NoCertificateAtAll_IsAnErrorThatNamesTheFile(string pem)
    {
        var error = Assert.Throws<FormatException>(() => CaBundle.Parse(pem, "/etc/ca.crt"));
        Assert.Contains("/etc/ca.crt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_CutAtEveryByte_NeverInventsACertificate()
    {
        var pem = _one.ExportCertificatePem();
        for (var length = 0; length < pem.TrimEnd().Length; length++)
        {
            Assert.Throws<FormatException>(() => CaBundle.Parse(pem[..length], "ca.crt"));
        }
    }

    [Fact]
    public void Load_AbsentFile_NamesFlagPathAndRemedy()
    {
        var error = Assert.Throws<StartupException>(() => CaBundle.Load("cluster-ca-cert", "/nowhere/ca.crt"));
        Assert.Contains("--cluster-ca-cert=/nowhere/ca.crt", error.Message, StringComparison.Ordinal);
    }
}
