using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Hosting.Tests.Certificates;

public sealed class PeerCertificateCheckTests : IDisposable
{
    private readonly CertificateAuthority _ca = CertificateAuthority.Create("root", TimeProvider.System);

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void Check_NoCertificate_IsMissing() =>
        Assert.Equal(PeerVerdict.Missing, Check(null, PeerUsage.Client).Verdict);

    [Fact]
    public void Check_Expired_SaysWhen()
    {
        using var leaf = _ca.IssueClient(new CertificateProfile
        {
            CommonName = "late",
            NotBefore = DateTimeOffset.UtcNow.AddDays(-3),
            Lifetime = TimeSpan.FromDays(-1),
        });

        var result = Check(leaf.Certificate, PeerUsage.Client);
        Assert.Equal(PeerVerdict.Expired, result.Verdict);
        Assert.Contains("CN=late expired at ", result.Detail, StringComparison.Ordinal);
        Assert.Equal("CN=root", result.Issuer);
    }

    [Fact]
    public void Check_ClockBeforeValidity_IsNotYetValid()
    {
        using var leaf = _ca.IssueClient(new CertificateProfile { CommonName = "early" });

        var result = PeerCertificateCheck.Check(
            leaf.Certificate, [], _ca.ToBundle(), PeerUsage.Client, null, new FixedTime(DateTimeOffset.UtcNow.AddYears(-1)));
        Assert.Equal(PeerVerdict.NotYetValid, result.Verdict);
    }

    [Fact]
    public void Check_ForeignAuthorityOfTheSameName_IsUntrusted()
    {
        using var foreign = CertificateAuthority.Create("root", TimeProvider.System);
        using var leaf = foreign.IssueClient(new CertificateProfile { CommonName = "c" });

        Assert.Equal(PeerVerdict.Untrusted, Check(leaf.Certificate, PeerUsage.Client, presented: [foreign.Certificate]).Verdict);
    }

    [Fact]
    public void Check_ForeignAndExpired_IsUntrusted()
    {
        using var foreign = CertificateAuthority.Create("other", TimeProvider.System);
        using var leaf = foreign.IssueClient(new CertificateProfile { CommonName = "c", NotBefore = DateTimeOffset.UtcNow.AddDays(-3), Lifetime = TimeSpan.FromDays(-1) });

        Assert.Equal(PeerVerdict.Untrusted, Check(leaf.Certificate, PeerUsage.Client).Verdict);
    }

    [Fact]
    public void Check_ServerCertificateAsClient_IsWrongUsage()
    {
        using var leaf = _ca.IssueServer(new CertificateProfile { CommonName = "s" });

        Assert.Equal(PeerVerdict.WrongUsage, Check(leaf.Certificate, PeerUsage.Client).Verdict);
    }

    [Theory]
    [InlineData("hub.example", true)]
    [InlineData("HUB.example.", true)]
    [InlineData("a.wild.example", true)]
    [InlineData("a.b.wild.example", false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("[::1]", true)]
    [InlineData("127.0.0.2", false)]
    [InlineData("other.example", false)]
    [InlineData("server", false)]
    [InlineData("not a name", false)]
    [InlineData("", false)]
    public void Check_ServerName_MustBeAmongTheNames(string name, bool accepted)
    {
        using var leaf = _ca.IssueServer(new CertificateProfile { CommonName = "server", Hosts = ["hub.example", "*.wild.example", "127.0.0.1", "::1"] });

        var result = Check(leaf.Certificate, PeerUsage.Server, name);
        Assert.Equal(accepted ? PeerVerdict.Accepted : PeerVerdict.WrongName, result.Verdict);
        Assert.Equal("hub.example,*.wild.example,127.0.0.1,::1", result.Names);
    }

    [Fact]
    public void Check_IntermediatePresented_ReachesTheRoot()
    {
        using var middle = _ca.CreateIntermediate("middle");
        using var leaf = middle.IssueClient(new CertificateProfile { CommonName = "c" });

        Assert.Equal(PeerVerdict.Accepted, Check(leaf.Certificate, PeerUsage.Client, presented: [middle.Certificate]).Verdict);
        Assert.Equal(PeerVerdict.Untrusted, Check(leaf.Certificate, PeerUsage.Client).Verdict);
    }

    [Fact]
    public void Check_BundleOfAnIntermediateOnly_IsAnAnchor()
    {
        using var middle = _ca.CreateIntermediate("middle");
        using var leaf = middle.IssueClient(new CertificateProfile { CommonName = "c" });

        var result = PeerCertificateCheck.Check(leaf.Certificate, [], middle.ToBundle(), PeerUsage.Client, null, TimeProvider.System);
        Assert.Equal(PeerVerdict.Accepted, result.Verdict);
    }

    [Fact]
    public void Check_LeafForgedInTheNameOfAnIntermediateAnchor_IsUntrusted()
    {
        using var middle = _ca.CreateIntermediate("middle");
        using var forger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=c", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(middle.Certificate, true, false));
        using var forged = request.Create(
            middle.Certificate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(forger),
            DateTimeOffset.UtcNow.AddHours(-1),
            DateTimeOffset.UtcNow.AddHours(1),
            [1, 2, 3]);

        var result = PeerCertificateCheck.Check(forged, [], middle.ToBundle(), PeerUsage.Client, null, TimeProvider.System);
        Assert.Equal(PeerVerdict.Untrusted, result.Verdict);
    }

    [Fact]
    public void Check_LeafUsedAsAuthority_IsRefused()
    {
        using var leaf = _ca.IssueClient(new CertificateProfile { CommonName = "agent" });
        using var agentKey = leaf.Certificate.GetECDsaPrivateKey()!;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=admin", key, HashAlgorithmName.SHA256);
        using var minted = request.Create(
            leaf.Certificate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(agentKey),
            DateTimeOffset.UtcNow.AddHours(-1),
            DateTimeOffset.UtcNow.AddHours(1),
            [1, 2, 3]);

        Assert.False(Check(minted, PeerUsage.Client, presented: [leaf.Certificate]).IsAccepted);
    }

    [Fact]
    public void Check_ControlCharactersInTheSubject_AreReplaced()
    {
        using var leaf = _ca.IssueClient(new CertificateProfile { CommonName = "a\nINFO forged line" });

        Assert.DoesNotContain('\n', Check(leaf.Certificate, PeerUsage.Client).Subject);
    }

    [Fact]
    public void Reason_EveryVerdict_HasItsOwnTag()
    {
        var tags = Enum.GetValues<PeerVerdict>().Select(v => v.Tag()).Concat(Enum.GetValues<TlsHandshakeFailure>().Select(f => f.Tag())).ToArray();
        Assert.Equal(tags.Length, tags.Distinct(StringComparer.Ordinal).Count());
    }

    private PeerCertificateResult Check(
        X509Certificate2? certificate, PeerUsage usage, string? name = null, X509Certificate2[]? presented = null) =>
        PeerCertificateCheck.Check(certificate, presented ?? [], _ca.ToBundle(), usage, name, TimeProvider.System);
}
