using System.Net.Security;
using System.Security.Authentication;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server.Flags;

internal sealed class TlsFlags(FlagSet flags, ServerOptions defaults)
{
    private const string Group = "TLS";

    // Versions below 1.2 are off unless an operator with old peers asks for them by name, as upstream allows.
#pragma warning disable SYSLIB0039, CA5397
    private const SslProtocols FromTls11 = SslProtocols.Tls11 | SslProtocols.Tls12 | SslProtocols.Tls13;
    private const SslProtocols FromTls10 = SslProtocols.Tls | FromTls11;
#pragma warning restore SYSLIB0039, CA5397

    // Go's list of suites without known weaknesses; the names are the registered ones in both platforms.
    private static readonly TlsCipherSuite[] _suites =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    private readonly Flag<SslProtocols> _protocols = flags.AddParsed(
        "tls-min-version", defaults.TlsProtocols, Group,
        "Least TLS version: VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13; empty for VersionTLS12.",
        ChoiceFlagType.Of(
            ("", SslProtocols.Tls12 | SslProtocols.Tls13),
            ("VersionTLS10", FromTls10),
            ("VersionTLS11", FromTls11),
            ("VersionTLS12", SslProtocols.Tls12 | SslProtocols.Tls13),
            ("VersionTLS13", SslProtocols.Tls13)));

    private readonly Flag<IReadOnlyList<TlsCipherSuite>> _cipherSuites = flags.AddParsedList(
        "cipher-suites", defaults.CipherSuites, Group,
        "Cipher suites allowed below TLS 1.3, by their registered names; empty for the platform's own choice.",
        ChoiceFlagType.Of([.. _suites.Select(suite => (suite.ToString(), suite))]));

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        TlsProtocols = result.Get(_protocols),
        CipherSuites = result.Get(_cipherSuites),
    };
}
