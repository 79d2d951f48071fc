using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>A leaf with its private key, and the chain to send with it.</summary>
public sealed class KeyPair
{
    internal KeyPair(X509Certificate2 certificate, IReadOnlyList<X509Certificate2> intermediates)
    {
        Certificate = certificate;
        Intermediates = intermediates;
        Validity = Validity.OfChain(intermediates.Prepend(certificate));

        // Offline: what is sent is what the file holds, never what an issuer's URL says.
        Context = SslStreamCertificateContext.Create(certificate, [.. intermediates], offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public IReadOnlyList<X509Certificate2> Intermediates { get; }

    public Validity Validity { get; }

    /// <summary>Built once a pair, since building walks the chain.</summary>
    public SslStreamCertificateContext Context { get; }
}
