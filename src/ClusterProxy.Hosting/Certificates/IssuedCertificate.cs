using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>A leaf with its private key and the intermediates a peer needs to reach the root.</summary>
public sealed class IssuedCertificate : IDisposable
{
    private readonly IReadOnlyList<X509Certificate2> _intermediates;

    internal IssuedCertificate(X509Certificate2 certificate, IReadOnlyList<X509Certificate2> intermediates)
    {
        Certificate = certificate;
        _intermediates = intermediates;
    }

    /// <summary>Holds the private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The leaf, then its intermediates, as a server's certificate file wants them.</summary>
    public string ExportCertificatePem() =>
        string.Concat(_intermediates.Prepend(Certificate).Select(static c => c.ExportCertificatePem() + "\n"));

    /// <summary>PKCS #8, not encrypted.</summary>
    public string ExportKeyPem()
    {
        using var key = Certificate.GetECDsaPrivateKey() ?? throw new CryptographicException("The leaf has no elliptic-curve key.");
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    public KeyPair ToKeyPair() => new(Certificate, _intermediates);

    public void Dispose() => Certificate.Dispose();
}
