using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Testing.Certificates;

/// <summary>
/// A throw-away CA and its leaves. Two instances are two CAs that do not trust each other; the PEM files live until dispose.
/// </summary>
public sealed class TestCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private readonly TemporaryDirectory _directory = new();
    private readonly List<X509Certificate2> _leaves = [];

    public TestCertificates(string name = "test CA")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
        AuthorityFile = Write($"{Path.GetRandomFileName()}-ca.pem", Authority.ExportCertificatePem());
    }

    public X509Certificate2 Authority { get; }

    /// <summary>The CA certificate as PEM, for --…-ca-cert.</summary>
    public string AuthorityFile { get; }

    /// <summary>A serving certificate; without names it is for localhost and both loopback addresses.</summary>
    public TestCertificate Server(params string[] names) =>
        Issue("server", names is [] ? ["localhost", "127.0.0.1", "::1"] : names, ServerAuthentication);

    public TestCertificate Client(string commonName = "client", params string[] names) =>
        Issue(commonName, names, ClientAuthentication);

    /// <summary>A certificate whose validity ended an hour ago, for either use.</summary>
    public TestCertificate Expired(string commonName = "expired", params string[] names)
    {
        var now = DateTimeOffset.UtcNow;
        return Issue(
            commonName, names is [] ? ["localhost", "127.0.0.1"] : names, usage: null, now.AddDays(-1), now.AddHours(-1));
    }

    /// <param name="commonName">The subject's CN.</param>
    /// <param name="names">SANs: addresses, URIs (with a scheme) or DNS names.</param>
    /// <param name="usage">The extended key usage's OID; null allows both server and client use.</param>
    /// <param name="notBefore">An hour ago when null.</param>
    /// <param name="notAfter">In one day when null.</param>
    public TestCertificate Issue(
        string commonName,
        IReadOnlyCollection<string> names,
        string? usage,
        DateTimeOffset? notBefore = null,
        DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        OidCollection usages = [];
        foreach (var oid in usage is null ? (string[])[ServerAuthentication, ClientAuthentication] : [usage])
        {
            usages.Add(new Oid(oid));
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, false));
        if (names.Count > 0)
        {
            request.CertificateExtensions.Add(AlternativeNames(names));
        }

        var now = DateTimeOffset.UtcNow;
        using var bare = request.Create(
            Authority, notBefore ?? now.AddHours(-1), notAfter ?? now.AddDays(1), RandomNumberGenerator.GetBytes(12));
        var leaf = bare.CopyWithPrivateKey(key);
        _leaves.Add(leaf);
        var file = $"{_leaves.Count}-{string.Concat(commonName.Where(char.IsAsciiLetterOrDigit))}";
        return new TestCertificate(
            leaf,
            Write($"{file}.crt", leaf.ExportCertificatePem()),
            Write($"{file}.key", key.ExportPkcs8PrivateKeyPem()));
    }

    public void Dispose()
    {
        _leaves.ForEach(l => l.Dispose());
        Authority.Dispose();
        _directory.Dispose();
    }

    private static X509Extension AlternativeNames(IEnumerable<string> names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                builder.AddIpAddress(address);
            }
            else if (name.Contains("://", StringComparison.Ordinal))
            {
                builder.AddUri(new Uri(name));
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }

    private string Write(string name, string pem)
    {
        var path = _directory.File(name);
        File.WriteAllText(path, pem);
        return path;
    }
}
