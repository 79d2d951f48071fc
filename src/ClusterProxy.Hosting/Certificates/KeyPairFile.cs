using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

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
        var certPem = PemFile.Read(certFlag, certPath);
        var keyPem = PemFile.Read(keyFlag, keyPath);
        var certificates = Certificates(certPem, certFlag, certPath);
        var key = PrivateKeyPem.Find(keyPem);
        switch (key.Kind)
        {
            case PrivateKeyKind.Absent:
                throw new StartupException($"--{keyFlag}={keyPath}: holds no private key; give the PEM key of --{certFlag}={certPath}");
            case PrivateKeyKind.Encrypted:
                throw new StartupException(
                    $"--{keyFlag}={keyPath}: the key is encrypted; decrypt it first, for example with `openssl pkey -in {keyPath} -out plain.key`");
            default:
                return new KeyPair(Join(certificates[0], key.Pem, certFlag, certPath, keyFlag, keyPath), certificates[1..]);
        }
    }

    private static X509Certificate2[] Certificates(string pem, string flag, string path)
    {
        try
        {
            return [.. CaBundle.Parse(pem, path).Certificates];
        }
        catch (FormatException e)
        {
            throw new StartupException($"--{flag}={path}: {e.Message}", e);
        }
    }

    private static X509Certificate2 Join(
        X509Certificate2 leaf, string keyPem, string certFlag, string certPath, string keyFlag, string keyPath)
    {
        try
        {
            return PrivateKeyPem.Join(leaf, keyPem)
                ?? throw new StartupException(
                    $"--{keyFlag}={keyPath}: the key does not match the certificate in --{certFlag}={certPath} "
                    + $"(subject {leaf.Subject}); give the two files that were issued together, leaf first");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new StartupException(
                $"--{keyFlag}={keyPath}: the private key cannot be used ({e.Message}); give an ECDSA or RSA key in PEM form", e);
        }
    }
}
