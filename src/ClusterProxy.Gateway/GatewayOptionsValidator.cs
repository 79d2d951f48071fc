using System.Net;
using ClusterProxy.Gateway.Flags;
using ClusterProxy.Hosting.Validation;

namespace ClusterProxy.Gateway;

/// <summary>What no single flag's syntax can tell: ranges, files, and flags that need or exclude each other.</summary>
internal static class GatewayOptionsValidator
{
    private const int GreatestPort = 65535;

    /// <summary>kube-apiserver's own: beyond it connections are mostly begun.</summary>
    private const float GreatestGoawayChance = 0.02f;

    public static IReadOnlyList<string> Validate(GatewayOptions options)
    {
        var errors = new OptionErrors();
        CheckClusters(options, errors);
        CheckTunnel(options, errors);
        CheckServing(options, errors);
        CheckCallers(options, errors);
        CertificateFlags.Check(options, errors);
        ServiceFlags.Check(options, errors);
        TraceFlags.Check(options, errors);
        return errors.Sentences;
    }

    private static void CheckClusters(GatewayOptions options, OptionErrors errors)
    {
        errors.AddIf(
            Uri.CheckHostName(options.Group) != UriHostNameType.Dns || !options.Group.Contains('.'),
            $"flag --api-group: \"{options.Group}\" is no API group: write a DNS name such as {GatewayOptions.DefaultGroup}");
        errors.AddIf(
            options.SecretNamespace.Length == 0 && options.UsesKubernetes,
            "flag --secret-namespace is empty: name the namespace of the Secrets that describe clusters");
        errors.AddIf(
            options.ClustersDirectory.Length > 0 && !Directory.Exists(options.ClustersDirectory),
            $"flag --clusters-dir: there is no directory \"{options.ClustersDirectory}\": create it or correct the path");
        errors.Positive("cluster-connect-timeout", options.ClusterConnectTimeout);
        errors.Positive("cluster-response-timeout", options.ClusterResponseTimeout);
    }

    private static void CheckTunnel(GatewayOptions options, OptionErrors errors)
    {
        errors.Readable("proxy-ca-cert", options.ProxyCaCert);
        errors.Readable("proxy-cert", options.ProxyCert);
        errors.Readable("proxy-key", options.ProxyKey);
        errors.Range("proxy-port", options.ProxyPort, 1, GreatestPort);
        errors.AddIf(
            options.ProxyHost.Length == 0 && options.ProxyCaCert.Length + options.ProxyCert.Length + options.ProxyKey.Length > 0,
            "flag --proxy-host is empty: name the proxy server, or remove --proxy-ca-cert, --proxy-cert and --proxy-key");
        if (options.ProxyHost.Length == 0 || options.ProxyHost.StartsWith("unix:", StringComparison.Ordinal))
        {
            return;
        }

        Needed("proxy-ca-cert", options.ProxyCaCert);
        Needed("proxy-cert", options.ProxyCert);
        Needed("proxy-key", options.ProxyKey);

        void Needed(string flag, string value) => errors.AddIf(
            value.Length == 0, $"flag --{flag} is empty: --proxy-host needs --proxy-ca-cert, --proxy-cert and --proxy-key, all three");
    }

    private static void CheckServing(GatewayOptions options, OptionErrors errors)
    {
        errors.AddIf(
            options.GoawayChance is not (>= 0 and <= GreatestGoawayChance),
            $"flag --goaway-chance: {options.GoawayChance} is out of range: write a number from 0 to {GreatestGoawayChance}");
        errors.Readable("tls-cert-file", options.TlsCertFile);
        errors.Readable("tls-private-key-file", options.TlsPrivateKeyFile);
        errors.BothOrNeither("tls-cert-file", options.TlsCertFile, "tls-private-key-file", options.TlsPrivateKeyFile);
        errors.Range("secure-port", options.SecurePort, 1, GreatestPort);
        errors.Range("health-port", options.HealthPort, 1, GreatestPort);
        errors.NotNegative("graceful-shutdown-timeout", options.GracefulShutdownTimeout);
        errors.NotNegative("shutdown-delay", options.ShutdownDelay);
    }

    private static void CheckCallers(GatewayOptions options, OptionErrors errors)
    {
        errors.Readable("kubeconfig", options.Kubeconfig);
        errors.Readable("client-ca-file", options.ClientCaFile);
        errors.Readable("requestheader-client-ca-file", options.RequestHeaderClientCaFile);
        errors.Readable("cluster-gateway-proxy-config", options.ClusterGatewayProxyConfig);
        options.Audit.Check(errors);
        errors.Readable("access-policy", options.AccessPolicy);
        errors.AddIf(
            !options.UsesKubernetes && options.AccessPolicy.Length == 0 && !options.StandaloneDebugMode,
            "flag --access-policy is empty: without a hub nothing else says who may do what; name a file with rules");
        errors.AtLeast("authentication-unknown-tokens-per-second", options.AuthenticationUnknownTokensPerSecond, 0);
        errors.NotNegative("authentication-token-webhook-cache-ttl", options.AuthenticationTokenCacheTtl);
        errors.NotNegative("authorization-webhook-cache-authorized-ttl", options.AuthorizationAllowedCacheTtl);
        errors.NotNegative("authorization-webhook-cache-unauthorized-ttl", options.AuthorizationDeniedCacheTtl);
        errors.AddIf(
            options.StandaloneDebugMode && !IPAddress.IsLoopback(options.BindAddress),
            "flag --standalone-debug-mode lets everybody do everything: write --bind-address=127.0.0.1 with it");
    }
}
