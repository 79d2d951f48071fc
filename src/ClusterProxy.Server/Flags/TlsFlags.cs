using System.Net.Security;
using System.Security.Authentication;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server.Flags;

internal sealed class TlsFlags(FlagSet flags, ServerOptions defaults)
{
    private const string Group = "TLS";

    private const string VersionFlag = "tls-min-version";
    private const string SuitesFlag = "cipher-suites";

    private static readonly (string, SslProtocols)[] _versions =
        [.. GoTlsNames.Versions.Prepend("").Select(name => (name, GoTlsNames.ParseMinimumVersion(VersionFlag, name)))];

    // Go had two names without their hash before it had the registered ones, and still takes them.
    private static readonly (string, TlsCipherSuite)[] _suites =
    [
        .. GoTlsNames.CipherSuites
            .Append("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305")
            .Append("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305")
            .Select(name => (name, GoTlsNames.ParseCipherSuites(SuitesFlag, [name])[0])),
    ];

    private readonly Flag<SslProtocols> _protocols = flags.AddParsed(
        VersionFlag, defaults.TlsProtocols, Group,
        "Least TLS version: VersionTLS12 or VersionTLS13; VersionTLS10 and VersionTLS11 are accepted and mean VersionTLS12, as empty does.",
        ChoiceFlagType.Of(_versions));

    private readonly Flag<IReadOnlyList<TlsCipherSuite>> _cipherSuites = flags.AddParsedList(
        SuitesFlag, defaults.CipherSuites, Group,
        "Cipher suites allowed below TLS 1.3, by their registered names; empty for the platform's own choice.",
        ChoiceFlagType.Of(_suites));

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        TlsProtocols = result.Get(_protocols),
        CipherSuites = result.Get(_cipherSuites),
    };
}
