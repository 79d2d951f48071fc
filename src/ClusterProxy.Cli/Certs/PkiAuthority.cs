using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Certs;

/// <summary>
/// One authority of a folder: <c>NAME.crt</c> is what peers trust, one certificate or two during a roll-over, <c>NAME.key</c> issues,
/// and <c>NAME.next.key</c> is there between the steps trust and issue.
/// </summary>
internal sealed class PkiAuthority : IDisposable
{
    private const string NextSuffix = ".next.key";

    private PkiAuthority(string name, CaBundle trusted, CertificateAuthority issuing, CertificateAuthority? next)
    {
        Name = name;
        Trusted = trusted;
        Issuing = issuing;
        Next = next;
    }

    public string Name { get; }

    public CaBundle Trusted { get; }

    public CertificateAuthority Issuing { get; }

    /// <summary>Trusted and not issuing yet.</summary>
    public CertificateAuthority? Next { get; }

    /// <summary>Two authorities are trusted: one issues, the other is new or old.</summary>
    public bool IsRollingOver => Trusted.Certificates.Count > 1;

    /// <summary>Of two that are trusted, the one that issues is the new one.</summary>
    public bool IssuesByTheNewest => Issuing.Certificate.Equals(Trusted.Certificates[^1]);

    /// <summary>The new one is trusted beside the old one, but its key was not written: nobody can issue by it.</summary>
    public bool HasLostItsNext => Next is null && IsRollingOver && !IssuesByTheNewest;

    public string CertificateFile => $"{Name}.crt";

    public string KeyFile => $"{Name}.key";

    public string NextKeyFile => Name + NextSuffix;

    /// <summary>Null when the file is of a leaf, or has no key beside it.</summary>
    /// <exception cref="FormatException">A file is no PEM, or its key is another one's.</exception>
    public static PkiAuthority? Read(string certificateFile, TimeProvider time)
    {
        var keyFile = Path.ChangeExtension(certificateFile, ".key");
        var trusted = CaBundle.Parse(File.ReadAllText(certificateFile), certificateFile);
        if (!File.Exists(keyFile) || !trusted.Certificates.All(IsAuthority))
        {
            return null;
        }

        var nextFile = Path.ChangeExtension(certificateFile, null) + NextSuffix;
        var next = File.Exists(nextFile) ? Load(trusted, nextFile, time) : null;
        return new PkiAuthority(Path.GetFileNameWithoutExtension(certificateFile), trusted, Load(trusted, keyFile, time), next);
    }

    public static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static b => b.CertificateAuthority);

    public bool Trusts(X509Certificate2 leaf, TimeProvider time) => Issued(Trusted, leaf, time);

    /// <summary>Whether the authority that issues now issued the leaf, and not the one before it.</summary>
    public bool IssuedNow(X509Certificate2 leaf, TimeProvider time) => Issued(Issuing.ToBundle(), leaf, time);

    public void Dispose()
    {
        Issuing.Dispose();
        Next?.Dispose();
    }

    /// <summary>An expired leaf is still one of theirs.</summary>
    private static bool Issued(CaBundle bundle, X509Certificate2 leaf, TimeProvider time) =>
        new[] { PeerUsage.Client, PeerUsage.Server }.Any(usage =>
            PeerCertificateCheck.Check(leaf, [], bundle, usage, serverName: null, time).Verdict
                is PeerVerdict.Accepted or PeerVerdict.Expired or PeerVerdict.NotYetValid);

    private static CertificateAuthority Load(CaBundle trusted, string keyFile, TimeProvider time)
    {
        try
        {
            return CertificateAuthority.Load(trusted, File.ReadAllText(keyFile), time);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException($"{keyFile}: {e.Message}; give the key of the authority beside it, ECDSA and not encrypted", e);
        }
    }
}
