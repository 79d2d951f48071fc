using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// Verifies the other end of a TLS connection. With a bundle the machine's own roots do not count. Nothing is downloaded and
/// revocation is not asked: neither upstream nor a private authority publishes any. Used by both ends.
/// </summary>
public static class PeerCertificateCheck
{
    /// <param name="certificate">What the peer sent; null when it sent nothing.</param>
    /// <param name="presented">The chain that came with it; only used to find a path, never trusted.</param>
    /// <param name="anchors">Whom to trust; null means the machine's own roots.</param>
    /// <param name="usage">The peer's role.</param>
    /// <param name="serverName">DNS name or IP literal that was dialled; null to skip, as for clients.</param>
    /// <param name="time">Decides what has expired.</param>
    public static PeerCertificateResult Check(
        X509Certificate2? certificate,
        IEnumerable<X509Certificate2> presented,
        CaBundle? anchors,
        PeerUsage usage,
        string? serverName,
        TimeProvider time)
    {
        if (certificate is null)
        {
            return new PeerCertificateResult(PeerVerdict.Missing, "no certificate was sent");
        }

        var names = CertificateNames.Of(certificate);
        var (verdict, detail) = CheckChain(certificate, presented, anchors, usage, time);
        if (verdict == PeerVerdict.Accepted && serverName is not null && !MatchesName(certificate, serverName))
        {
            (verdict, detail) = (PeerVerdict.WrongName, $"the certificate is not for {serverName}");
        }

        return new PeerCertificateResult(verdict, detail, certificate.Subject, certificate.Issuer, names);
    }

    private static (PeerVerdict Verdict, string Detail) CheckChain(
        X509Certificate2 certificate,
        IEnumerable<X509Certificate2> presented,
        CaBundle? anchors,
        PeerUsage usage,
        TimeProvider time)
    {
        var now = time.GetUtcNow();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = anchors is null ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(KeyUsageOids.Of(usage));
        anchors?.AddTo(chain.ChainPolicy.CustomTrustStore);
        chain.ChainPolicy.ExtraStore.AddRange(presented.ToArray());
        try
        {
            chain.Build(certificate);
            return Judge(chain, anchors, usage, now);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    private static (PeerVerdict Verdict, string Detail) Judge(X509Chain chain, CaBundle? anchors, PeerUsage usage, DateTimeOffset now)
    {
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, s) => all | s.Status);

        // An intermediate that the operator listed is an anchor too; the platform insists on a self-signed end.
        if (status.HasFlag(X509ChainStatusFlags.PartialChain) && chain.ChainElements.Any(e => anchors?.Contains(e.Certificate) == true))
        {
            status &= ~X509ChainStatusFlags.PartialChain;
        }

        const X509ChainStatusFlags Untrusted =
            X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;
        if ((status & Untrusted) != X509ChainStatusFlags.NoError)
        {
            var last = chain.ChainElements[^1].Certificate;
            var trusted = anchors is null ? "a root of this machine" : "in the CA bundle";
            return (PeerVerdict.Untrusted, $"the chain ends at {last.Issuer}, which is not {trusted}");
        }

        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return JudgeTime(chain, now);
        }

        if (status.HasFlag(X509ChainStatusFlags.NotValidForUsage))
        {
            return (PeerVerdict.WrongUsage, $"extended key usage does not allow {KeyUsageOids.Name(KeyUsageOids.Of(usage))}");
        }

        return status == X509ChainStatusFlags.NoError
            ? (PeerVerdict.Accepted, "")
            : (PeerVerdict.InvalidChain, $"the chain is not valid: {status}");
    }

    private static (PeerVerdict Verdict, string Detail) JudgeTime(X509Chain chain, DateTimeOffset now)
    {
        foreach (var element in chain.ChainElements)
        {
            var certificate = element.Certificate;
            if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime)
            {
                return (PeerVerdict.NotYetValid, $"{certificate.Subject} is valid from {certificate.NotBefore.ToUniversalTime():u} on");
            }

            if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime)
            {
                return (PeerVerdict.Expired, $"{certificate.Subject} expired at {certificate.NotAfter.ToUniversalTime():u}");
            }
        }

        return (PeerVerdict.Expired, "a certificate of the chain is not valid at this time");
    }

    /// <summary>The common name does not count: neither does it in Go, nor in browsers.</summary>
    private static bool MatchesName(X509Certificate2 certificate, string serverName)
    {
        var name = serverName.TrimEnd('.').Trim('[', ']');
        return Uri.CheckHostName(name) != UriHostNameType.Unknown
            && certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false);
    }
}
