using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Certs;

/// <summary>
/// Reads PEM files and says what is in them. The key of a certificate is looked for in its own file, in a <c>.key</c> file beside it
/// and among the other files given; only a file's first certificate, the leaf, is expected to have one.
/// </summary>
internal sealed class CertificateInspector(TimeProvider time)
{
    /// <exception cref="FormatException">A file is not there or holds neither a certificate nor a key, or no file holds a certificate.</exception>
    public IReadOnlyList<CertificateReport> Inspect(IReadOnlyList<string> files)
    {
        if (files.FirstOrDefault(static f => !File.Exists(f)) is { } missing)
        {
            throw new FormatException($"there is no file {missing}; correct the path");
        }

        var texts = files.Select(static f => (File: f, Text: File.ReadAllText(f))).ToArray();
        var keyFiles = texts.Where(static t => IsKeyOnly(t.Text)).ToArray();
        var certificateFiles = texts.Except(keyFiles).ToArray();
        var keys = keyFiles.Select(static k => k.Text).ToArray();
        var reports = new List<CertificateReport>();
        foreach (var (file, text) in certificateFiles)
        {
            var certificates = CaBundle.Parse(text, file).Certificates;

            // With one certificate file a key file can only be meant for it; with several it may be another one's.
            string[] own = [text, TextBeside(file), .. certificateFiles.Length == 1 ? keys : []];
            for (var i = 0; i < certificates.Count; i++)
            {
                reports.Add(Report(file, i + 1, certificates[i], i == 0 ? FindKey(certificates[i], own, keys) : KeyMatch.None));
            }
        }

        return reports.Count > 0
            ? reports
            : throw new FormatException($"{string.Join(", ", files)}: only private keys; give the certificate files too");
    }

    private static bool IsKeyOnly(string text) =>
        !text.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal) && PrivateKeyPem.Find(text).Kind != PrivateKeyKind.Absent;

    private static string TextBeside(string file)
    {
        var beside = Path.ChangeExtension(file, ".key");
        return beside != file && File.Exists(beside) ? File.ReadAllText(beside) : "";
    }

    private static KeyMatch FindKey(X509Certificate2 certificate, IEnumerable<string> own, IEnumerable<string> others)
    {
        var found = own.Select(k => Match(certificate, k)).Where(static m => m != KeyMatch.None).ToArray();
        return found.Contains(KeyMatch.Match) || others.Any(k => Match(certificate, k) == KeyMatch.Match)
            ? KeyMatch.Match
            : found.FirstOrDefault(KeyMatch.None);
    }

    private static KeyMatch Match(X509Certificate2 certificate, string text)
    {
        var (kind, pem) = PrivateKeyPem.Find(text);
        if (kind != PrivateKeyKind.Plain)
        {
            return kind == PrivateKeyKind.Encrypted ? KeyMatch.Encrypted : KeyMatch.None;
        }

        try
        {
            using var joined = PrivateKeyPem.Join(certificate, pem);
            return joined is null ? KeyMatch.Mismatch : KeyMatch.Match;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return KeyMatch.Mismatch;
        }
    }

    private CertificateReport Report(string file, int position, X509Certificate2 certificate, KeyMatch key)
    {
        var now = time.GetUtcNow();
        var notBefore = new DateTimeOffset(certificate.NotBefore.ToUniversalTime());
        var notAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        return new CertificateReport
        {
            File = file,
            Position = position,
            Subject = certificate.Subject,
            Issuer = certificate.Issuer,
            Names = [.. CertificateNames.Of(certificate).All],
            NotBefore = notBefore,
            NotAfter = notAfter,
            DaysLeft = Math.Round((notAfter - now).TotalDays, 2),
            Validity = now < notBefore ? ValidityState.NotYetValid : now > notAfter ? ValidityState.Expired : ValidityState.Valid,
            KeyType = KeyType(certificate),
            Usages = [.. Usages(certificate)],
            Key = key,
        };
    }

    private static string KeyType(X509Certificate2 certificate)
    {
        using var ecdsa = certificate.GetECDsaPublicKey();
        if (ecdsa is not null)
        {
            return $"ECDSA {ecdsa.KeySize}";
        }

        using var rsa = certificate.GetRSAPublicKey();
        return rsa is not null ? $"RSA {rsa.KeySize}" : certificate.PublicKey.Oid.FriendlyName ?? certificate.GetKeyAlgorithm();
    }

    private static IEnumerable<string> Usages(X509Certificate2 certificate)
    {
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static b => b.CertificateAuthority))
        {
            yield return "CA";
        }

        var extensions = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>();
        foreach (var usage in extensions.SelectMany(static e => e.EnhancedKeyUsages.Cast<Oid>()))
        {
            yield return usage.Value switch
            {
                "1.3.6.1.5.5.7.3.1" => "serverAuth",
                "1.3.6.1.5.5.7.3.2" => "clientAuth",
                var other => other ?? "unknown",
            };
        }
    }
}
