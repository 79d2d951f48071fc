using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>Loads a certificate (leaf first, then its chain) and its private key from two PEM files.</summary>
public static class KeyPairFile
{
    /// <param name="certFlag">The flag without dashes, as it appears in errors.</param>
    /// <param name="certPath">Leaf, then intermediates.</param>
    /// <param name="keyFlag">The key's flag without dashes.</param>
    /// <param name="keyPath">PKCS #8, SEC 1 or PKCS #1, not encrypted.</param>
    /// <exception cref="StartupException">One sentence with flag, path and remedy.</exception>
    public static KeyPair Load(string certFlag, string certPath, string keyFlag, string keyPath)
    {
        var (cert, key) = (new FlagFile(certFlag, certPath), new FlagFile(keyFlag, keyPath));
        return Parse(cert, cert.Read(), key, key.Read());
    }

    /// <param name="cert">What the certificate is called in errors.</param>
    /// <param name="certPem">Leaf, then intermediates.</param>
    /// <param name="key">What the key is called in errors.</param>
    /// <param name="keyPem">PKCS #8, SEC 1 or PKCS #1, not encrypted.</param>
    /// <exception cref="StartupException">The key cannot be used.</exception>
    /// <exception cref="FormatException">There is no certificate, or a malformed one.</exception>
    public static KeyPair Parse(string cert, string certPem, string key, string keyPem) =>
        Pair(CaBundle.Parse(certPem, cert).Certificates, cert, key, keyPem, "encrypted.key");

    /// <inheritdoc cref="Load"/>
    internal static KeyPair Parse(FlagFile cert, string certPem, FlagFile key, string keyPem) =>
        Pair(CaBundle.Parse(cert, certPem).Certificates, cert.ToString(), key.ToString(), keyPem, key.Path);

    private static KeyPair Pair(IReadOnlyList<X509Certificate2> certificates, string cert, string key, string keyPem, string keyPath)
    {
        var found = PrivateKeyPem.Find(keyPem);
        return found.Kind switch
        {
            PrivateKeyKind.Absent => throw new StartupException($"{key}: holds no private key; give the PEM key of {cert}"),
            PrivateKeyKind.Encrypted => throw new StartupException(
                $"{key}: the key is encrypted; decrypt it first, for example with `openssl pkey -in {keyPath} -out plain.key`"),
            _ => new KeyPair(Join(certificates[0], found.Pem, cert, key), [.. certificates.Skip(1)]),
        };
    }

    private static X509Certificate2 Join(X509Certificate2 leaf, string keyPem, string cert, string key)
    {
        try
        {
            return PrivateKeyPem.Join(leaf, keyPem)
                ?? throw new StartupException(
                    $"{key}: the key does not match the certificate in {cert} "
                    + $"(subject {leaf.Subject}); give the two files that were issued together, leaf first");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new StartupException(
                $"{key}: the private key cannot be used ({e.Message}); give an ECDSA or RSA key in PEM form", e);
        }
    }
}
