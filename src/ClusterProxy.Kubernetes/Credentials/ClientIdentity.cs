using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>A client certificate with its key and the chain to send with it. Connections are kept per instance.</summary>
public sealed class ClientIdentity
{
    private ClientIdentity(X509Certificate2 certificate, X509Certificate2Collection intermediates)
    {
        Certificate = certificate;

        // Offline: what is sent is what was given, never what an issuer's URL says.
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public SslStreamCertificateContext Context { get; }

    /// <param name="certificatePem">Leaf, then intermediates.</param>
    /// <param name="keyPem">Not encrypted.</param>
    /// <param name="source">Where the two came from, for the error.</param>
    /// <exception cref="KubeConfigException">The two are no pair.</exception>
    internal static ClientIdentity Parse(string certificatePem, string keyPem, string source)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificatePem);
            if (chain.Count > 0)
            {
                chain.RemoveAt(0);
            }

            return new ClientIdentity(X509Certificate2.CreateFromPem(certificatePem, keyPem), chain);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeConfigException($"{source}: client certificate and key make no pair ({e.Message})", e);
        }
    }
}
