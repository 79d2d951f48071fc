using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>Keys of authorities: elliptic curves, which this project makes, and RSA, which OCM's and many others' are.</summary>
internal static class SigningKey
{
    /// <summary>TLS stacks of today refuse chains with less.</summary>
    private const int LeastRsaBits = 2048;

    /// <param name="pem">PKCS #8, SEC 1 or PKCS #1, not encrypted.</param>
    /// <exception cref="CryptographicException">It cannot be used.</exception>
    public static AsymmetricAlgorithm Parse(string pem)
    {
        var (kind, block) = PrivateKeyPem.Find(pem);
        if (kind != PrivateKeyKind.Plain)
        {
            throw new CryptographicException(kind == PrivateKeyKind.Encrypted ? "the key is encrypted" : "there is no private key in it");
        }

        if (PrivateKeyPem.TryImport(ECDsa.Create(), block) is { } curve)
        {
            return curve;
        }

        var rsa = PrivateKeyPem.TryImport(RSA.Create(), block)
            ?? throw new CryptographicException("the key is neither an elliptic curve's nor RSA");
        if (rsa.KeySize < LeastRsaBits)
        {
            var bits = rsa.KeySize;
            rsa.Dispose();
            throw new CryptographicException($"the RSA key has {bits} bits; {LeastRsaBits} are the least that clients accept");
        }

        return rsa;
    }

    public static X509SignatureGenerator Generator(AsymmetricAlgorithm key) => key is RSA rsa
        ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
        : X509SignatureGenerator.CreateForECDsa((ECDsa)key);
}
