using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// A certificate authority held in memory. Keys made here are P-256: every TLS stack speaks it and signing costs next to nothing. An
/// authority of somebody else's making may have another curve or RSA; its leaves are P-256 all the same.
/// Agents and frontends get an authority each, so that a certificate of one plane opens nothing on the other.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>How long before it is issued a certificate is valid already: clocks of a fleet are never exactly alike.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _time;
    private readonly AsymmetricAlgorithm _key;
    private readonly IReadOnlyList<X509Certificate2> _intermediates;

    private CertificateAuthority(
        X509Certificate2 certificate, AsymmetricAlgorithm key, IReadOnlyList<X509Certificate2> intermediates, TimeProvider time)
    {
        Certificate = certificate;
        _key = key;
        _intermediates = intermediates;
        _time = time;
    }

    /// <summary>Without the private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>A self-signed root.</summary>
    public static CertificateAuthority Create(string commonName, TimeProvider time, TimeSpan? lifetime = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = time.GetUtcNow();
        var request = AuthorityRequest(commonName, key, pathLength: null);
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(KeyIdentifier(request)));
        using var certificate = request.CreateSelfSigned(now - ClockSkew, now + (lifetime ?? TimeSpan.FromDays(3650)));
        return new CertificateAuthority(WithoutKey(certificate), key, [], time);
    }

    /// <summary>Takes up an authority written by <see cref="ExportCertificatePem"/> and <see cref="ExportKeyPem"/>, or of others' making.</summary>
    /// <exception cref="CryptographicException">The key cannot be used.</exception>
    public static CertificateAuthority Load(string certificatePem, string keyPem, TimeProvider time) =>
        new(X509Certificate2.CreateFromPem(certificatePem), SigningKey.Parse(keyPem), [], time);

    /// <summary>Takes up the authority of a bundle that the key belongs to: during a roll-over there are two in it.</summary>
    /// <exception cref="CryptographicException">The key cannot be used, is none of theirs, or its certificate is no authority's.</exception>
    public static CertificateAuthority Load(CaBundle bundle, string keyPem, TimeProvider time)
    {
        var key = SigningKey.Parse(keyPem);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        var certificate = bundle.Certificates.FirstOrDefault(c => c.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey));
        return certificate switch
        {
            null => throw new CryptographicException("the key belongs to none of the certificates"),
            _ when !IsAuthority(certificate) => throw new CryptographicException(
                $"the certificate of {certificate.Subject} is no authority's: nobody would accept what it signs"),
            _ => new CertificateAuthority(certificate, key, [], time),
        };
    }

    /// <summary>An authority below this one; its leaves carry it in their chain.</summary>
    public CertificateAuthority CreateIntermediate(string commonName, TimeSpan? lifetime = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = _time.GetUtcNow();
        var request = AuthorityRequest(commonName, key, pathLength: 0);
        var certificate = Sign(request, now - ClockSkew, now + (lifetime ?? TimeSpan.FromDays(1825)));
        return new CertificateAuthority(certificate, key, [certificate, .. _intermediates], _time);
    }

    /// <summary>A leaf for a listener: extended key usage serverAuth only.</summary>
    public IssuedCertificate IssueServer(CertificateProfile profile) => Issue(profile, PeerUsage.Server);

    /// <summary>A leaf for a dialler: extended key usage clientAuth only.</summary>
    public IssuedCertificate IssueClient(CertificateProfile profile) => Issue(profile, PeerUsage.Client);

    /// <summary>A leaf for who does both, as the servers of a fleet among themselves: extended key usages serverAuth and clientAuth.</summary>
    public IssuedCertificate IssuePeer(CertificateProfile profile) => Issue(profile, PeerUsage.Server, PeerUsage.Client);

    /// <summary>The same subject, names and usages with a new key, by this authority, whoever issued the old one.</summary>
    /// <param name="leaf">Which ended or is to end.</param>
    /// <param name="lifetime">From now; never beyond the issuer's own end.</param>
    public IssuedCertificate Reissue(X509Certificate2 leaf, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(leaf.SubjectName, key, HashAlgorithmName.SHA256);
        foreach (var extension in leaf.Extensions)
        {
            if (extension is not X509SubjectKeyIdentifierExtension and not X509AuthorityKeyIdentifierExtension)
            {
                request.CertificateExtensions.Add(extension);
            }
        }

        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = _time.GetUtcNow();
        using var certificate = Sign(request, now - ClockSkew, now + lifetime);
        return new IssuedCertificate(certificate.CopyWithPrivateKey(key), _intermediates);
    }

    public string ExportCertificatePem() => Certificate.ExportCertificatePem() + "\n";

    /// <summary>PKCS #8, not encrypted: whoever reads it can issue anything.</summary>
    public string ExportKeyPem() => _key.ExportPkcs8PrivateKeyPem() + "\n";

    public CaBundle ToBundle() => CaBundle.Parse(ExportCertificatePem(), Certificate.Subject);

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private IssuedCertificate Issue(CertificateProfile profile, params PeerUsage[] usages)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(SubjectOf(profile), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(KeyUsageOids.Of)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (profile.Hosts.Count + profile.Uris.Count > 0)
        {
            request.CertificateExtensions.Add(AlternativeNames(profile));
        }

        var now = _time.GetUtcNow();
        using var certificate = Sign(request, profile.NotBefore ?? now - ClockSkew, now + profile.Lifetime);
        return new IssuedCertificate(certificate.CopyWithPrivateKey(key), _intermediates);
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {

        // Old authorities of others' making may have no identifier to point to.
        if (Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any())
        {
            request.CertificateExtensions.Add(
                X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        }

        var end = new DateTimeOffset(Certificate.NotAfter.ToUniversalTime());
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x3f) | 0x40); // positive and never shortened by DER
        return request.Create(
            Certificate.SubjectName,
            SigningKey.Generator(_key),
            notBefore,
            notAfter < end ? notAfter : end,
            serial);
    }

    private static CertificateRequest AuthorityRequest(string commonName, ECDsa key, int? pathLength)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, pathLength is not null, pathLength ?? 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static c => c.CertificateAuthority);

    private static X509SubjectKeyIdentifierExtension KeyIdentifier(CertificateRequest request) =>
        request.CertificateExtensions.OfType<X509SubjectKeyIdentifierExtension>().Single();

    private static X500DistinguishedName SubjectOf(CertificateProfile profile)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(profile.CommonName);
        if (profile.Organization is { } organization)
        {
            subject.AddOrganizationName(organization);
        }

        return subject.Build();
    }

    private static X509Extension AlternativeNames(CertificateProfile profile)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in profile.Hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        foreach (var uri in profile.Uris)
        {
            names.AddUri(uri);
        }

        return names.Build();
    }

    private static X509Certificate2 WithoutKey(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
}
