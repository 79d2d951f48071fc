using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

internal sealed class ServingFlags(FlagSet flags, GatewayOptions defaults)
{
    private const string Group = "Serving";
    private const string VersionFlag = "tls-min-version";
    private const string SuitesFlag = "tls-cipher-suites";

    private readonly Flag<int> _port = flags.AddInt("secure-port", defaults.SecurePort, Group, "HTTPS port for kube-apiservers and users.");

    private readonly Flag<IPAddress> _address = flags.AddParsed(
        "bind-address", defaults.BindAddress, Group, "Address of the secure port; empty for all interfaces.", BindAddresses.AllIfEmpty);

    private readonly Flag<string> _cert = flags.AddString("tls-cert-file", defaults.TlsCertFile, Group, "Serving certificate, its chain behind it.");

    private readonly Flag<string> _key = flags.AddString("tls-private-key-file", defaults.TlsPrivateKeyFile, Group, "Key of that certificate.");

    private readonly Flag<SslProtocols> _protocols = flags.AddParsed(
        VersionFlag, defaults.TlsProtocols, Group,
        "Least TLS version: VersionTLS12 or VersionTLS13; VersionTLS10 and VersionTLS11 are accepted and mean VersionTLS12, as empty does.",
        ChoiceFlagType.Of([.. GoTlsNames.Versions.Prepend("").Select(static name => (name, GoTlsNames.ParseMinimumVersion(VersionFlag, name)))]));

    private readonly Flag<IReadOnlyList<TlsCipherSuite>> _ciphers = flags.AddParsedList(
        SuitesFlag, defaults.CipherSuites, Group,
        "Cipher suites allowed below TLS 1.3, by their registered names; empty for the platform's own choice.",
        ChoiceFlagType.Of([.. GoTlsNames.CipherSuites.Select(static name => (name, GoTlsNames.ParseCipherSuites(SuitesFlag, [name])[0]))]));

    private readonly Flag<int> _streams = flags.AddInt(
        "http2-max-streams-per-connection", defaults.Http2MaxStreamsPerConnection, Group, "Requests at once on one HTTP/2 connection; 0 for the default.");

    private readonly Flag<float> _goaway = flags.AddFloat(
        "goaway-chance", defaults.GoawayChance, Group,
        "Of a request over HTTP/2 to have its client take a new connection for the next ones (GOAWAY), so that kube-apiservers spread over the "
        + "replicas of the gateway; from 0, never, to 0.02, as kube-apiserver's flag of that name. With one replica leave it at 0.");

    private readonly Flag<int> _healthPort = flags.AddInt(
        "health-port", defaults.HealthPort, Group, "Plain HTTP port for /healthz, /readyz and /metrics.");

    private readonly Flag<IPAddress> _healthAddress = flags.AddParsed(
        "health-bind-address", defaults.HealthBindAddress, Group, "Address of the health port; empty for all interfaces.",
        BindAddresses.AllIfEmpty);

    private readonly Flag<TimeSpan> _shutdown = flags.AddTimer(
        "graceful-shutdown-timeout", defaults.GracefulShutdownTimeout, Group, "How long requests may go on after SIGTERM; 0 ends them at once.");

    private readonly Flag<TimeSpan> _delay = flags.AddTimer(
        "shutdown-delay", defaults.ShutdownDelay, Group, "The first part of it, in which requests are still taken though /readyz says no.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        SecurePort = result.Get(_port),
        BindAddress = result.Get(_address),
        TlsCertFile = result.Get(_cert),
        TlsPrivateKeyFile = result.Get(_key),
        TlsProtocols = result.Get(_protocols),
        CipherSuites = result.Get(_ciphers),
        Http2MaxStreamsPerConnection = result.Get(_streams) is > 0 and var streams ? streams : options.Http2MaxStreamsPerConnection,
        GoawayChance = result.Get(_goaway),
        HealthPort = result.Get(_healthPort),
        HealthBindAddress = result.Get(_healthAddress),
        GracefulShutdownTimeout = result.Get(_shutdown),
        ShutdownDelay = result.Get(_delay),
    };
}
