using System.Diagnostics.Metrics;
using ClusterProxy.Client;

namespace ClusterProxy.Gateway;

/// <summary>The SDK's client of the proxy server, as the flags name it.</summary>
internal static class Tunnel
{
    /// <summary>Null when no proxy server is named.</summary>
    public static TunnelClient? Create(GatewayOptions options, IMeterFactory meters, ILoggerFactory logging, TimeProvider time)
    {
        if (options.ProxyHost.Length == 0)
        {
            return null;
        }

        return new TunnelClient(new TunnelClientOptions
        {
            Address = options.ProxyHost.StartsWith("unix:", StringComparison.Ordinal)
                ? new Uri(options.ProxyHost)
                : new UriBuilder("https", options.ProxyHost, options.ProxyPort).Uri,
            ClientCertificateFile = NullIfEmpty(options.ProxyCert),
            ClientKeyFile = NullIfEmpty(options.ProxyKey),
            ServerAuthoritiesFile = NullIfEmpty(options.ProxyCaCert),

            // Before the connect timeout, since its message says more; what is left is for TLS with the cluster.
            DialTimeout = options.ClusterConnectTimeout * 0.9,
            ConnectTimeout = options.ClusterConnectTimeout * 0.6,
            LoggerFactory = logging,
            MeterFactory = meters,
            TimeProvider = time,
        });
    }

    private static string? NullIfEmpty(string path) => path.Length > 0 ? path : null;
}
