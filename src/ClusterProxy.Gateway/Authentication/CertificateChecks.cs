using System.Runtime.CompilerServices;
using ClusterProxy.Gateway.Listening;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>
/// Verifies client certificates request by request, against the authorities of that moment. What was found is kept for a connection's
/// certificate while the settings stay the same, for half a minute at most: building a chain costs milliseconds, a connection carries
/// thousands of requests, and a certificate may expire under it.
/// </summary>
internal sealed class CertificateChecks(TimeProvider time)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private readonly ConditionalWeakTable<ShownCertificate, Found> _found = [];

    /// <returns>Null for an authority that the settings do not have.</returns>
    public (PeerCertificateResult? FrontProxy, PeerCertificateResult? Client) Check(ShownCertificate shown, AuthenticationSettings settings)
    {
        if (!_found.TryGetValue(shown, out var found)
            || !ReferenceEquals(found.Settings, settings) || time.GetElapsedTime(found.At) >= KeptFor)
        {
            found = new Found(settings, time.GetTimestamp(), Check(shown, settings.FrontProxy?.Ca), Check(shown, settings.ClientCa));
            _found.AddOrUpdate(shown, found);
        }

        return (found.FrontProxy, found.Client);
    }

    private PeerCertificateResult? Check(ShownCertificate shown, CaBundle? ca) => ca is null
        ? null
        : PeerCertificateCheck.Check(shown.Leaf, shown.Intermediates, ca, PeerUsage.Client, serverName: null, time);

    private sealed record Found(
        AuthenticationSettings Settings, long At, PeerCertificateResult? FrontProxy, PeerCertificateResult? Client);
}
