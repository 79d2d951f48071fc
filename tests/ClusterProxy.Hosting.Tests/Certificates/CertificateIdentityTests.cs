using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;
using Xunit.Abstractions;

namespace ClusterProxy.Hosting.Tests.Certificates;

public sealed class CertificateIdentityTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("x", "spiffe://hub.example/cluster/alpha", "cluster alpha")]
    [InlineData("x", "spiffe://hub/cluster/a-1", "cluster a-1")]
    [InlineData("open-cluster-management:cluster-proxy:cluster:alpha", "", "cluster alpha")]
    [InlineData("org:cluster:alpha", "spiffe://hub/cluster/alpha", "cluster alpha")]
    [InlineData("x", "spiffe://hub/frontend/kube-apiserver", "frontend kube-apiserver")]
    [InlineData("x", "spiffe://hub/frontend/Ops_1.example", "frontend Ops_1.example")]
    [InlineData("x", "spiffe://hub/server/hub-0", "server hub-0")]
    public void Names_OfTheDocumentedForms_GiveTheIdentity(string commonName, string uri, string identity) =>
        Assert.Equal(identity, Of(commonName, uri).ToString());

    [Theory]
    [InlineData("alpha", "")]
    [InlineData("cluster:alpha", "")]
    [InlineData("open-cluster-management:cluster-proxy:proxy-agent", "")]
    [InlineData("system:cluster:alpha:agent", "")]
    [InlineData("system:clusters:alpha", "")]
    [InlineData("x", "spiffe://hub/ns/default/sa/agent")]
    [InlineData("x", "spiffe://hub")]
    [InlineData("x", "https://hub/cluster/alpha")]
    [InlineData("x", "urn:cluster:alpha")]
    public void Names_OfOtherForms_GiveNone(string commonName, string uri)
    {
        var identity = Of(commonName, uri);

        Assert.Equal((CertificateRole.None, "", ""), (identity.Role, identity.Name, identity.Problem));
    }

    [Theory]
    [InlineData("x", "spiffe://hub/cluster/Alpha")]
    [InlineData("x", "spiffe://hub/cluster/alpha.beta")]
    [InlineData("x", "spiffe://hub/cluster/alpha%2fbeta")]
    [InlineData("x", "spiffe://hub/cluster/")]
    [InlineData("x", "spiffe://hub/cluster")]
    [InlineData("x", "spiffe://hub/cluster/alpha/")]
    [InlineData("x", "spiffe://hub/cluster/alpha/beta")]
    [InlineData("x", "spiffe://hub/cluster/alpha?x=1")]
    [InlineData("x", "spiffe://hub/cluster/alpha#x")]
    [InlineData("x", "spiffe://hub/cluster/-alpha")]
    [InlineData("x", "spiffe://hub/cluster/alpha-")]
    [InlineData("x", "spiffe://user@hub/cluster/alpha")]
    [InlineData("x", "spiffe://hub:1/cluster/alpha")]
    [InlineData("x", "spiffe:///cluster/alpha")]
    [InlineData("x", "SPIFFE://hub/cluster/alpha")]
    [InlineData("x", "spiffe://hub/frontend/a b")]
    [InlineData("x", "spiffe://hub/frontend/..")]
    [InlineData("x", "spiffe://hub/server/")]
    [InlineData("org:cluster:alpha", "spiffe://hub/server/hub-0")]
    [InlineData("org:cluster:Alpha", "")]
    [InlineData("org:cluster:", "")]
    [InlineData("org:cluster:alpha", "spiffe://hub/cluster/beta")]
    [InlineData("org:cluster:alpha", "spiffe://hub/frontend/alpha")]
    public void Names_ThatAreMalformedOrContradict_GiveAProblem_AndNoRole(string commonName, string uri)
    {
        var identity = Of(commonName, uri);

        Assert.Equal((CertificateRole.None, ""), (identity.Role, identity.Name));
        Assert.NotEqual("", identity.Problem);
    }

    [Theory]
    [InlineData("spiffe://hub/cluster/alpha", "spiffe://hub/cluster/beta")]
    [InlineData("spiffe://hub/cluster/alpha", "spiffe://hub/frontend/alpha")]
    [InlineData("spiffe://hub/cluster/alpha", "spiffe://hub/cluster/Beta")]
    public void TwoUris_OfWhichOneWouldDo_GiveAProblem(string first, string second)
    {
        foreach (var uris in (string[][])[[first, second], [second, first]])
        {
            Assert.NotEqual("", Of("x", uris).Problem);
        }
    }

    [Fact]
    public void TwoUris_ThatSayTheSame_OrOneThatSaysNothing_GiveTheIdentity()
    {
        Assert.Equal("cluster alpha", Of("x", "spiffe://a/cluster/alpha", "spiffe://b/cluster/alpha").ToString());
        Assert.Equal("cluster alpha", Of("x", "https://alpha.example/", "spiffe://b/cluster/alpha").ToString());
    }

    /// <summary>Whatever an authority signed: the name that comes out is a label and is the one that went in.</summary>
    [Fact]
    public void AnyText_InTheUri_GivesExactlyItself_OrNoName()
    {
        const string Alphabet = "ab-9.A:/%_?#@ ";
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 500; i++)
        {
            var name = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => Alphabet[random.Next(0, Alphabet.Length)]));
            var identity = Of("x", $"spiffe://hub/cluster/{name}");

            Assert.Equal(DnsLabel.IsValid(name) ? name : "", identity.Name);
        }
    }

    /// <summary>Encoded by hand: <see cref="Uri"/> would mend what must be refused.</summary>
    private static CertificateIdentity Of(string commonName, params string[] uris)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var uri in uris.Where(static u => u.Length > 0))
            {
                writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, new Asn1Tag(TagClass.ContextSpecific, 6));
            }
        }

        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName);
        subject.AddOrganizationName("open-cluster-management:cluster:other");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", writer.Encode(), critical: false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now, now.AddDays(1));
        return CertificateIdentity.Of(certificate);
    }
}
