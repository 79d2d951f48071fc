using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>When certificates begin and end.</summary>
internal static class ExpiryChecks
{
    /// <summary>The programs' own default of <c>--certificate-expiry-warning</c>.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromDays(7);

    /// <summary>A leaf is of use only together with everything that it is sent with.</summary>
    public static Finding Chain(string id, string what, IReadOnlyList<X509Certificate2> chain, DateTimeOffset now)
    {
        if (chain.Count == 0)
        {
            return Finding.NotChecked(id, $"validity of {what}", $"{what} was not seen");
        }

        return chain.Select(c => Outside(c, now)).FirstOrDefault(static f => f is not null) is { } fault
            ? Finding.Failed(id, $"validity of {what}", fault)
            : Left(id, what, chain[0].Subject, Validity.OfChain(chain), now);
    }

    /// <summary>A bundle is of use as long as one of its authorities is.</summary>
    public static Finding Anchors(string id, string what, CaBundle bundle, DateTimeOffset now)
    {
        var faults = bundle.Certificates.Select(c => Outside(c, now)).ToArray();
        return faults.All(static f => f is not null)
            ? Finding.Failed(id, $"validity of {what}", faults[0]!)
            : Left(id, what, bundle.Subjects, bundle.Validity, now);
    }

    private static Finding Left(string id, string what, string subject, Validity validity, DateTimeOffset now)
    {
        var text = $"{what} is valid until {validity.End:u}, {Days(validity.End - now)} from now";
        return now < validity.WarnFrom(Notice) ? Finding.Ok(id, text) : Finding.Warning(
            id, text,
            new Fault(
                "ends_soon", $"{subject} ends at {validity.End:u}, {Days(validity.End - now)} from now",
                "renew it now; running programs take new files up within a second, and see why whatever should renew it has not"));
    }

    private static Fault? Outside(X509Certificate2 certificate, DateTimeOffset now)
    {
        var start = new DateTimeOffset(certificate.NotBefore.ToUniversalTime());
        var end = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        return now < start
            ? new Fault(
                "not_yet_valid", $"{certificate.Subject} is valid from {start:u} on, {Days(start - now)} from now",
                "check this machine's clock first, then the clock of whoever issued it; reissue it if that was wrong")
            : now > end
                ? new Fault(
                    "expired", $"{certificate.Subject} expired at {end:u}, {Days(now - end)} ago",
                    "renew it and replace the file; running programs take it up within a second")
                : null;
    }

    private static string Days(TimeSpan span) => span.TotalDays >= 2 ? $"{span.TotalDays:0} days" : span.TotalHours >= 2 ? $"{span.TotalHours:0} hours" : $"{span.TotalMinutes:0} minutes";
}
