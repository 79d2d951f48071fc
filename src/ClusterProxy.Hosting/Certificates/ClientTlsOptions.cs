using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

public sealed record ClientTlsOptions
{
    /// <summary>Asked once a handshake, so that a reloaded bundle serves the next one; null trusts the machine's own roots.</summary>
    public Func<CaBundle>? ServerCa { get; init; }

    /// <summary>Sent when the server asks; asked once a handshake.</summary>
    public Func<KeyPair>? KeyPair { get; init; }

    /// <summary>
    /// When given, the server is who its certificate's role says, and not its host name: why a certificate that chains to the bundle is
    /// not taken, or null.
    /// </summary>
    public Func<X509Certificate2, string?>? RoleObjection { get; init; }

    /// <summary>Names offered before <c>h2</c>, for load balancers that route by ALPN.</summary>
    public IReadOnlyList<string> ExtraApplicationProtocols { get; init; } = [];

    /// <summary>False offers the extra names only, as HTTP-CONNECT clients want.</summary>
    public bool OfferHttp2 { get; init; } = true;

    internal List<SslApplicationProtocol>? ApplicationProtocols()
    {
        List<SslApplicationProtocol> names = [.. ExtraApplicationProtocols.Select(static n => new SslApplicationProtocol(n))];
        if (OfferHttp2 && !names.Contains(SslApplicationProtocol.Http2))
        {
            names.Add(SslApplicationProtocol.Http2);
        }

        return names.Count == 0 ? null : names;
    }
}
