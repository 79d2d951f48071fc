using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;
using Xunit.Abstractions;

namespace ClusterProxy.Hosting.Tests.Certificates;

/// <summary>Names are read of certificates that anybody has made, before it is known who has signed them.</summary>
public sealed class CertificateNamesTests(ITestOutputHelper output)
{
    private static readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Fact]
    public void Names_AreReadByKind_AndOtherKindsPassedOver()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("hub.example.com");
        names.AddEmailAddress("ops@example.com");
        names.AddUri(new Uri("spiffe://hub/cluster/alpha"));
        names.AddIpAddress(System.Net.IPAddress.IPv6Loopback);

        var read = Of(names.Build().RawData);

        Assert.Equal(["hub.example.com", "::1", "spiffe://hub/cluster/alpha"], read.All);
    }

    /// <summary>The numbers of the kinds are those of INTEGER, OBJECT IDENTIFIER and ObjectDescriptor, too.</summary>
    [Theory]
    [InlineData(TagClass.Universal, 2)]
    [InlineData(TagClass.Universal, 6)]
    [InlineData(TagClass.Universal, 7)]
    [InlineData(TagClass.Application, 2)]
    [InlineData(TagClass.Private, 6)]
    public void Name_OfAnotherClass_IsNoName(TagClass tagClass, int number)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue([(byte)(((int)tagClass) | number), 1, 1]);
            writer.WriteCharacterString(UniversalTagNumber.IA5String, "a.example.com", new Asn1Tag(TagClass.ContextSpecific, 2));
        }

        Assert.Equal(["a.example.com"], Of(writer.Encode()).All);
    }

    [Fact]
    public void AnyBytes_ReadAsNamesOrNone()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 2_000; i++)
        {
            var bytes = random.NextBytes(random.Next(40));
            if (bytes.Length > 2 && random.Next(2) == 0)
            {
                (bytes[0], bytes[1]) = (0x30, (byte)(bytes.Length - 2));
            }

            _ = Of(bytes).All.Count();
        }
    }

    private static CertificateNames Of(byte[] extension)
    {
        var request = new CertificateRequest("CN=test", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", extension, critical: false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return CertificateNames.Of(certificate);
    }
}
