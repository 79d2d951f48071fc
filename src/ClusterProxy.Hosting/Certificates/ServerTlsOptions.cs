using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

public sealed record ServerTlsOptions
{
    /// <summary>Label in log and metric: <c>frontend</c>, <c>agent</c>, …</summary>
    public required string Plane { get; init; }

    /// <summary>Asked once a handshake, so that a reloaded pair serves the next one.</summary>
    public required Func<KeyPair> KeyPair { get; init; }

    /// <summary>When given, a client certificate that chains to the bundle is required; asked once a handshake.</summary>
    public Func<CaBundle>? ClientCa { get; init; }

    /// <summary>Why a client certificate that chains to the bundle does not belong on this plane, or null.</summary>
    public Func<X509Certificate2, string?>? PlaneObjection { get; init; }

    /// <summary>Asked once a connection, before anything of it is read; false closes it.</summary>
    public Func<bool>? HasRoom { get; init; }

    /// <summary>
    /// Asked once a handshake, when the peer has said what it wants and no key has been used yet, with the protocols that it offers and a
    /// way to learn how long it has waited, null when it has left. It may take its time, as part of <see cref="HandshakeTimeout"/>; null
    /// refuses the handshake. The permit is among the connection's features and ends with the connection, unless somebody ends it before.
    /// </summary>
    public Func<IReadOnlyList<SslApplicationProtocol>, Func<TimeSpan?>, CancellationToken, ValueTask<HandshakePermit?>>? Admit { get; init; }

    /// <summary>Connections that one client certificate may have open; 0 for no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>The flag that says so, without dashes.</summary>
    public string MaxConnectionsFlag { get; init; } = "";

    /// <summary>Told of each client certificate that was refused, and from which address it came.</summary>
    public Action<string, PeerCertificateResult>? Refused { get; init; }

    /// <summary>From <see cref="GoTlsNames.ParseMinimumVersion"/>.</summary>
    public SslProtocols Versions { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>From <see cref="GoTlsNames.ParseCipherSuites"/>; empty leaves the choice to the platform.</summary>
    public IReadOnlyList<TlsCipherSuite> CipherSuites { get; init; } = [];

    /// <summary>Sent as given, best first; empty answers no ALPN at all.</summary>
    public required IReadOnlyList<SslApplicationProtocol> ApplicationProtocols { get; init; }

    /// <summary>Long enough for a few lost packets, short enough that silent peers do not pile up.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
