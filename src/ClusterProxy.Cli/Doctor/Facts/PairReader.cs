using System.Security.Cryptography;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Reads a certificate and its key, and tells the ways apart in which they may be no pair. No word of a key leaves it.</summary>
internal static class PairReader
{
    public static PairFacts Read(FlagFile certificate, FlagFile key)
    {
        var facts = new PairFacts(certificate, key) { KeyMode = ModeOf(key.Path) };
        try
        {
            facts = facts with { Chain = CaBundle.Parse(certificate.Read(), certificate.Path).Certificates };
            return Objection(facts, key.Read()) is { } fault
                ? facts with { Fault = fault }
                : facts with { Pair = KeyPairFile.Load(certificate.Flag, certificate.Path, key.Flag, key.Path) };
        }
        catch (FormatException e)
        {
            return facts with { Fault = Fault.FromSentence("bad_certificate", e.Message) };
        }
        catch (StartupException e)
        {
            return facts with { Fault = Fault.FromSentence("unreadable_file", e.Message) };
        }
    }

    private static Fault? Objection(PairFacts facts, string keyText)
    {
        var (kind, pem) = PrivateKeyPem.Find(keyText);
        return kind switch
        {
            PrivateKeyKind.Absent => new Fault(
                "no_key", $"{facts.Key} holds no private key", $"give the PEM key that was issued with {facts.Certificate.Path}"),
            PrivateKeyKind.Encrypted => new Fault(
                "encrypted_key", $"the key in {facts.Key} is encrypted", $"decrypt it: openssl pkey -in {facts.Key.Path} -out plain.key"),
            _ => Match(facts, pem),
        };
    }

    private static Fault? Match(PairFacts facts, string pem)
    {
        try
        {
            using var joined = PrivateKeyPem.Join(facts.Chain[0], pem);
            return joined is not null ? null : new Fault(
                "key_mismatch",
                $"the key in {facts.Key} does not belong to the certificate in {facts.Certificate} ({facts.Chain[0].Subject})",
                "give the two files that were issued together, the leaf first in the certificate's file");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return new Fault("unusable_key", $"the key in {facts.Key} cannot be used: {e.Message}", "give an ECDSA or RSA key in PEM form");
        }
    }

    private static UnixFileMode? ModeOf(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
        {
            return null;
        }

        try
        {
            return File.GetUnixFileMode(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
