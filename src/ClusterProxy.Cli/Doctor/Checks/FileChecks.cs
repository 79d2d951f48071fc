using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>Certificates, keys and authorities as files: whether programs could use them.</summary>
internal static class FileChecks
{
    private const UnixFileMode OfOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;

    public static Finding Pair(string id, PairFacts pair) => pair.Fault is { } fault
        ? Finding.Failed(id, $"{pair.Certificate} with {pair.Key}", fault)
        : Finding.Ok(id, $"{pair.Certificate} and {pair.Key} belong together: {pair.Chain[0].Subject}, issued by {pair.Chain[0].Issuer}");

    public static Finding KeyMode(string id, PairFacts pair)
    {
        if (pair.KeyMode is not { } mode)
        {
            return Finding.NotChecked(id, $"who may read {pair.Key}", "the file has no mode that could be read");
        }

        var text = $"{pair.Key} has the mode {Convert.ToString((int)mode, 8)}";
        return (mode & OfOthers) == UnixFileMode.None ? Finding.Ok(id, text) : Finding.Warning(
            id, text,
            new Fault(
                "key_exposed", $"the mode {Convert.ToString((int)mode, 8)} lets {(mode.HasFlag(UnixFileMode.OtherRead) ? "everybody on this machine read" : "others write")} the private key {pair.Key.Path}",
                $"chmod 600 {pair.Key.Path} (in a Secret volume: defaultMode: 0400)"));
    }

    public static Finding Usage(string id, PairFacts pair, PeerUsage usage)
    {
        var wanted = usage == PeerUsage.Client ? "clientAuth" : "serverAuth";
        if (pair.Chain.Count == 0)
        {
            return Unread(id, $"key usage of {pair.Certificate}", pair);
        }

        var usages = pair.Chain[0].Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(static e => e.EnhancedKeyUsages.Cast<Oid>()).ToArray();
        var oid = usage == PeerUsage.Client ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1";
        return usages.Length == 0 || usages.Any(u => u.Value == oid)
            ? Finding.Ok(id, $"{pair.Certificate} may be used for {wanted}")
            : Finding.Failed(
                id, $"key usage of {pair.Certificate}",
                new Fault(
                    usage == PeerUsage.Client ? "no_client_usage" : "no_server_usage",
                    $"the extended key usage of {pair.Chain[0].Subject} is {string.Join(", ", usages.Select(static u => u.FriendlyName ?? u.Value))}, without {wanted}",
                    $"issue it with extended key usage {wanted}"));
    }

    public static Finding Bundle(string id, BundleFacts bundle) => bundle.Fault is { } fault
        ? Finding.Failed(id, bundle.File.ToString(), fault)
        : Finding.Ok(id, $"{bundle.File} holds {bundle.Bundle!.Certificates.Count}: {bundle.Bundle.Subjects}");

    /// <summary>Whether the other end would take the pair: only where its authorities are at hand.</summary>
    public static Finding Issuer(string id, PairFacts? pair, BundleFacts? authorities, string flag, TimeProvider time)
    {
        const string What = "whether the server's authorities know the client certificate's issuer";
        if (pair?.Pair is not { } loaded || authorities?.Bundle is not { } bundle)
        {
            return Finding.NotChecked(
                id, What, pair?.Pair is null ? "there is no client certificate to judge" : $"the server's CA file is not at hand here",
                $"on the server's machine, give --{flag}");
        }

        var verdict = PeerCertificateCheck.Check(loaded.Certificate, loaded.Intermediates, bundle, PeerUsage.Client, serverName: null, time);
        return verdict.Verdict is not (PeerVerdict.Untrusted or PeerVerdict.InvalidChain)
            ? Finding.Ok(id, $"{authorities.File} knows the issuer of {pair.Certificate}")
            : Finding.Failed(
                id, $"{pair.Certificate} against {authorities.File}",
                new Fault(
                    "issuer_not_accepted", $"the server would refuse {loaded.Certificate.Subject}: {verdict.Detail}",
                    $"add the issuer to {authorities.File.Path}, or issue the certificate by one of: {bundle.Subjects}"));
    }

    public static Finding Unread(string id, string what, PairFacts pair) => Finding.NotChecked(id, what, $"{pair.Certificate} could not be read");
}
