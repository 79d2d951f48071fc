using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>
/// Which step of an authority's life comes next. Only the shared state and the clock decide, so replicas that look at the same time
/// come to the same answer, and whoever writes first has done it for all:
/// <code>
///        signs A              signs A              signs B              signs B
///      trusted A ──2/3 of A──▶ A, B ──after Lead──▶ B, A ──A's last──▶ B
///                  (Stage)      and published         leaf ended
///                                   (Promote)          (Retire)
/// </code>
/// </summary>
internal sealed class AuthorityRotation(RotationTimes times, TimeProvider time)
{
    private const string CommonName = "cluster-gateway";

    public AuthorityState Create()
    {
        using var authority = NewAuthority();
        return new AuthorityState(authority.ExportCertificatePem(), authority.ExportKeyPem());
    }

    /// <param name="state">As it is shared.</param>
    /// <param name="published">PEM that clients are known to trust; null when that is nobody's task here.</param>
    /// <exception cref="FormatException">The state holds no certificates.</exception>
    /// <exception cref="CryptographicException">Its keys cannot be used.</exception>
    public AuthorityTransition Due(AuthorityState state, string? published)
    {
        var now = time.GetUtcNow();
        using var signing = Signing(state);
        if (state.RetireAfter <= now)
        {
            return AuthorityTransition.Retire;
        }

        if (state.NextKey is null)
        {
            return now >= From(signing.Certificate) + (2 * times.Authority / 3) || now >= Renewal(signing.Certificate)
                ? AuthorityTransition.Stage
                : AuthorityTransition.None;
        }

        using var next = Load(state, state.NextKey);
        var hasLead = now >= From(next.Certificate) + times.Lead;

        // An authority that ends takes its leaves with it: late trust is better than none.
        var isPublished = published is null || Holds(published, next.Certificate) || now >= Until(signing.Certificate);
        return hasLead && isPublished ? AuthorityTransition.Promote : AuthorityTransition.None;
    }

    public AuthorityState Take(AuthorityTransition step, AuthorityState state)
    {
        switch (step)
        {
            case AuthorityTransition.Stage:
                using (var next = NewAuthority())
                {
                    return state with { Bundle = state.Bundle + next.ExportCertificatePem(), NextKey = next.ExportKeyPem() };
                }

            case AuthorityTransition.Promote:
                using (var next = Load(state, state.NextKey!))
                {
                    var others = Bundle(state).Where(c => c.Thumbprint != next.Certificate.Thumbprint);
                    return new AuthorityState(Pem(others.Prepend(next.Certificate)), state.NextKey!, RetireAfter: time.GetUtcNow() + times.Retirement);
                }

            case AuthorityTransition.Retire:
                using (var signing = Signing(state))
                {
                    using var next = state.NextKey is null ? null : Load(state, state.NextKey);
                    X509Certificate2?[] kept = [signing.Certificate, next?.Certificate];
                    return state with { Bundle = Pem(kept.OfType<X509Certificate2>()), RetireAfter = null };
                }

            default:
                return state;
        }
    }

    /// <summary>The authority that signs now.</summary>
    public CertificateAuthority Signing(AuthorityState state) => Load(state, state.Key);

    private CertificateAuthority NewAuthority() =>
        CertificateAuthority.Create($"{CommonName}@{time.GetUtcNow().ToUnixTimeSeconds()}", time, times.Authority);

    private CertificateAuthority Load(AuthorityState state, string key) =>
        CertificateAuthority.Load(CaBundle.Parse(state.Bundle, CommonName), key, time);

    private static IReadOnlyList<X509Certificate2> Bundle(AuthorityState state) => CaBundle.Parse(state.Bundle, CommonName).Certificates;

    private static bool Holds(string pem, X509Certificate2 certificate) =>
        pem.Length > 0 && CaBundle.Parse(pem, CommonName).Certificates.Any(c => c.Thumbprint == certificate.Thumbprint);

    private static string Pem(IEnumerable<X509Certificate2> certificates) =>
        string.Concat(certificates.Select(static c => c.ExportCertificatePem() + "\n"));

    private static DateTimeOffset From(X509Certificate2 certificate) =>
        new DateTimeOffset(certificate.NotBefore.ToUniversalTime()) + CertificateAuthority.ClockSkew;

    private static DateTimeOffset Until(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());

    private static DateTimeOffset Renewal(X509Certificate2 certificate) =>
        From(certificate) + (2 * (Until(certificate) - From(certificate)) / 3);
}
