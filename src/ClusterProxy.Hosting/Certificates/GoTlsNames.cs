using System.Net.Security;
using System.Security.Authentication;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// The names by which Go's crypto/tls, and so the flags of Kubernetes components, call versions and cipher suites.
/// TLS 1.0 and 1.1 are accepted as a minimum and served from 1.2 on: RFC 8996 retired them, and no Go peer since 1.18 offers them.
/// </summary>
public static class GoTlsNames
{
    private static readonly TlsCipherSuite[] Tls13 =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
    ];

    private static readonly TlsCipherSuite[] Secure =
    [
        .. Tls13,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    public static IReadOnlyList<string> CipherSuites { get; } = [.. Secure.Select(static s => s.ToString())];

    public static IReadOnlyList<string> Versions { get; } = ["VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"];

    /// <param name="flag">The flag without dashes, for the error text.</param>
    /// <param name="names">Go's names; the two ChaCha20 suites are also known by their older names without the hash.</param>
    /// <exception cref="StartupException">A name is unknown, or names a suite that Go counts as insecure.</exception>
    public static IReadOnlyList<TlsCipherSuite> ParseCipherSuites(string flag, IReadOnlyList<string> names) =>
        [.. names.Select(name => ParseCipherSuite(flag, name))];

    /// <param name="flag">The flag without dashes, for the error text.</param>
    /// <param name="name">Go's name; empty means TLS 1.2.</param>
    /// <exception cref="StartupException">The name is unknown.</exception>
    public static SslProtocols ParseMinimumVersion(string flag, string name) => name switch
    {
        "" or "VersionTLS10" or "VersionTLS11" or "VersionTLS12" => SslProtocols.Tls12 | SslProtocols.Tls13,
        "VersionTLS13" => SslProtocols.Tls13,
        _ => throw new StartupException($"--{flag}={name}: unknown TLS version; use one of {string.Join(", ", Versions)}"),
    };

    /// <summary>
    /// The list limits TLS 1.2 only, as in Go; the platform would switch TLS 1.3 off if its suites were not named, so they are added.
    /// </summary>
    public static CipherSuitesPolicy? Policy(IReadOnlyList<TlsCipherSuite> suites)
    {
        if (suites.Count == 0)
        {
            return null;
        }

        return OperatingSystem.IsLinux()
            ? new CipherSuitesPolicy(suites.Union(Tls13))
            : throw new StartupException("--cipher-suites: this operating system does not let a program choose them; leave the flag out");
    }

    private static TlsCipherSuite ParseCipherSuite(string flag, string name)
    {
        var full = name.EndsWith("_CHACHA20_POLY1305", StringComparison.Ordinal) ? name + "_SHA256" : name;
        foreach (var suite in Secure)
        {
            if (suite.ToString() == full)
            {
                return suite;
            }
        }

        var problem = Enum.TryParse<TlsCipherSuite>(full, out _) && !int.TryParse(full, out _) ? "an insecure cipher suite" : "an unknown cipher suite";
        throw new StartupException($"--{flag}={name}: {problem}; use any of {string.Join(", ", CipherSuites)}");
    }
}
