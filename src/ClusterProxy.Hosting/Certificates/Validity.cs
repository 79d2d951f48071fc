using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>From when until when something made of certificates can be used.</summary>
public readonly record struct Validity(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>A leaf is of use only as long as every certificate that it is sent with.</summary>
    public static Validity OfChain(IEnumerable<X509Certificate2> certificates)
    {
        var all = certificates.Select(Of).ToArray();
        return new Validity(all.Max(static v => v.Start), all.Min(static v => v.End));
    }

    /// <summary>A bundle is of use as long as one of its anchors: during a roll-over the old one may expire in peace.</summary>
    public static Validity OfAnchors(IEnumerable<X509Certificate2> certificates) =>
        certificates.Select(Of).MaxBy(static v => v.End);

    /// <summary>
    /// When its end is near enough to speak of: <paramref name="notice"/> before, but for short-lived certificates no sooner than when
    /// a fifth of their life is left, since whatever renews them acts before.
    /// </summary>
    public DateTimeOffset WarnFrom(TimeSpan notice)
    {
        var fifth = (End - Start) / 5;
        return End - (notice < fifth ? notice : fifth);
    }

    private static Validity Of(X509Certificate2 certificate) =>
        new(new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
}
