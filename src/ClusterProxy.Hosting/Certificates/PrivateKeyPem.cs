using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>The first private key of a PEM text, and whether it belongs to a certificate.</summary>
public static class PrivateKeyPem
{
    /// <summary>Finds PKCS #8, SEC 1 and PKCS #1 keys; EC PARAMETERS blocks, which openssl writes in front, are stepped over.</summary>
    public static (PrivateKeyKind Kind, string Pem) Find(string pem)
    {
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var label = rest[fields.Label];
            var block = rest[fields.Location].ToString();
            if (label is "ENCRYPTED PRIVATE KEY")
            {
                return (PrivateKeyKind.Encrypted, block);
            }

            if (label is "PRIVATE KEY" or "EC PRIVATE KEY" or "RSA PRIVATE KEY")
            {
                return (PrivateKeyKind.Plain, block);
            }

            rest = rest[fields.Location.End.Value..];
        }

        // The old OpenSSL encryption writes headers into the block, which strict PEM readers do not take for one.
        return pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal)
            ? (PrivateKeyKind.Encrypted, pem)
            : (PrivateKeyKind.Absent, "");
    }

    /// <returns>The certificate with its key, or null when the key is another one's.</returns>
    /// <exception cref="CryptographicException">The key cannot be read, or its algorithm is not supported.</exception>
    public static X509Certificate2? Join(X509Certificate2 certificate, string keyPem)
    {
        using var ecdsa = certificate.GetECDsaPublicKey();
        if (ecdsa is not null)
        {
            using var key = ECDsa.Create();
            return Import(key, keyPem) && Same(key.ExportSubjectPublicKeyInfo(), certificate) ? certificate.CopyWithPrivateKey(key) : null;
        }

        using var rsa = certificate.GetRSAPublicKey();
        if (rsa is not null)
        {
            using var key = RSA.Create();
            return Import(key, keyPem) && Same(key.ExportSubjectPublicKeyInfo(), certificate) ? certificate.CopyWithPrivateKey(key) : null;
        }

        throw new CryptographicException($"unsupported key algorithm {certificate.GetKeyAlgorithm()}");
    }

    /// <returns>The key given; null, and it is disposed, when the PEM holds one of another algorithm.</returns>
    /// <exception cref="CryptographicException">The key cannot be read.</exception>
    internal static T? TryImport<T>(T key, string keyPem)
        where T : AsymmetricAlgorithm
    {
        try
        {
            if (Import(key, keyPem))
            {
                return key;
            }
        }
        catch
        {
            key.Dispose();
            throw;
        }

        key.Dispose();
        return null;
    }

    private static bool Same(byte[] publicKey, X509Certificate2 certificate) =>
        publicKey.AsSpan().SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <returns>False when the PEM holds a key of another algorithm, which is a mismatch and no damage.</returns>
    private static bool Import(AsymmetricAlgorithm key, string pem)
    {
        var label = pem[PemEncoding.Find(pem).Label];
        if ((label == "EC PRIVATE KEY" && key is RSA) || (label == "RSA PRIVATE KEY" && key is ECDsa))
        {
            return false;
        }

        try
        {
            key.ImportFromPem(pem);
            return true;
        }
        catch (CryptographicException) when (IsOfOtherAlgorithm(key, pem))
        {
            return false;
        }
    }

    private static bool IsOfOtherAlgorithm(AsymmetricAlgorithm key, string pem)
    {
        using AsymmetricAlgorithm other = key is RSA ? ECDsa.Create() : RSA.Create();
        try
        {
            other.ImportFromPem(pem);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
