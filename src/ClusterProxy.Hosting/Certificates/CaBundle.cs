using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// The trust anchors of one plane. As in Go's pools, every certificate of the bundle is an anchor, self-signed or not.
/// Blocks of other kinds and blocks that are no base64 are stepped over; a block that decodes but is no certificate is an error,
/// since trusting less than the operator wrote would only show later, as a refused peer.
/// </summary>
public sealed class CaBundle
{
    private const string CertificateLabel = "CERTIFICATE";

    private readonly X509Certificate2Collection _certificates;
    private readonly HashSet<string> _fingerprints;
    private readonly HashSet<string> _keys;

    private CaBundle(X509Certificate2Collection certificates)
    {
        _certificates = certificates;
        _fingerprints = [.. certificates.Select(Fingerprint)];
        _keys = [.. certificates.Select(static c => Convert.ToHexString(SHA256.HashData(c.PublicKey.ExportSubjectPublicKeyInfo())))];
        Validity = Validity.OfAnchors(certificates);
        Subjects = string.Join("; ", certificates.Select(static c => c.Subject));
    }

    public IReadOnlyList<X509Certificate2> Certificates => [.. _certificates];

    public Validity Validity { get; }

    /// <summary>For people.</summary>
    public string Subjects { get; }

    /// <exception cref="StartupException">The file cannot be read, or holds no usable certificate.</exception>
    public static CaBundle Load(string flag, string path)
    {
        var file = new FlagFile(flag, path);
        return Parse(file, file.Read());
    }

    /// <param name="pem">PEM text with any number of blocks.</param>
    /// <param name="source">The file's name, for the error text.</param>
    /// <exception cref="FormatException">A block is a malformed certificate, or there is none.</exception>
    public static CaBundle Parse(string pem, string source)
    {
        var certificates = new X509Certificate2Collection();
        foreach (var block in PemBlocks.Read(pem))
        {
            if (block.Label == CertificateLabel)
            {
                certificates.Add(Decode(block, certificates.Count + 1, source));
            }
        }

        return certificates.Count > 0
            ? new CaBundle(certificates)
            : throw new FormatException($"{source} holds no certificate; give a PEM file with at least one CERTIFICATE block");
    }

    /// <summary>As <see cref="Parse(string, string)"/>, and keeps nothing: a fleet has thousands of bundles, of which few are used.</summary>
    /// <exception cref="FormatException">As there.</exception>
    public static void Check(string pem, string source)
    {
        foreach (var certificate in Parse(pem, source)._certificates)
        {
            certificate.Dispose();
        }
    }

    /// <exception cref="StartupException">As <see cref="Parse(string, string)"/> says, with flag and path.</exception>
    internal static CaBundle Parse(FlagFile file, string pem)
    {
        try
        {
            return Parse(pem, file.Path);
        }
        catch (FormatException e)
        {
            throw new StartupException($"{file}: {e.Message}", e);
        }
    }

    internal bool Contains(X509Certificate2 certificate) => _fingerprints.Contains(Fingerprint(certificate));

    internal void AddTo(X509Certificate2Collection store) => store.AddRange(_certificates);

    /// <summary>By key, since a renewed authority is another certificate and the same signer.</summary>
    public bool SharesKeyWith(CaBundle other) => _keys.Overlaps(other._keys);

    private static X509Certificate2 Decode(PemBlock block, int ordinal, string source)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(block.Data);
        }
        catch (CryptographicException e)
        {
            throw new FormatException(
                $"certificate {ordinal} in {source} is malformed; replace the file with a valid PEM bundle", e);
        }
    }

    private static string Fingerprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);
}
