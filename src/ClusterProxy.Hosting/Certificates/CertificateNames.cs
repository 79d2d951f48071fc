using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// The subject alternative names of a certificate, by kind. A malformed extension reads as no names: it then matches nothing.
/// </summary>
public sealed class CertificateNames
{
    private const string ExtensionOid = "2.5.29.17";
    private static readonly Asn1Tag _dnsTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag _uriTag = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag _addressTag = new(TagClass.ContextSpecific, 7);

    private readonly List<string> _dns = [];
    private readonly List<IPAddress> _addresses = [];
    private readonly List<string> _uris = [];

    public IReadOnlyList<string> Dns => _dns;

    public IReadOnlyList<IPAddress> Addresses => _addresses;

    public IReadOnlyList<string> Uris => _uris;

    public IEnumerable<string> All => _dns.Concat(_addresses.Select(static a => a.ToString())).Concat(_uris);

    public static CertificateNames Of(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.FirstOrDefault(static e => e.Oid?.Value == ExtensionOid);
        if (extension is null)
        {
            return new CertificateNames();
        }

        try
        {
            return Read(extension.RawData);
        }
        catch (AsnContentException)
        {
            return new CertificateNames();
        }
    }

    private static CertificateNames Read(byte[] extension)
    {
        var names = new CertificateNames();
        var sequence = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var tag = sequence.PeekTag();
            if (tag.HasSameClassAndValue(_dnsTag))
            {
                names._dns.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            }
            else if (tag.HasSameClassAndValue(_uriTag))
            {
                names._uris.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            }
            else if (tag.HasSameClassAndValue(_addressTag))
            {
                names.AddAddress(sequence.ReadOctetString(tag));
            }
            else
            {
                sequence.ReadEncodedValue();
            }
        }

        return names;
    }

    private void AddAddress(byte[] bytes)
    {
        if (bytes.Length is 4 or 16)
        {
            _addresses.Add(new IPAddress(bytes));
        }
    }
}
