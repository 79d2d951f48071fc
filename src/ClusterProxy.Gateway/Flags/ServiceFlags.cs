using ClusterProxy.Hosting.Flags;
using ClusterProxy.Hosting.Validation;

namespace ClusterProxy.Gateway.Flags;

/// <summary>Services of clusters under OCM's user-server paths.</summary>
internal sealed class ServiceFlags(FlagSet flags, GatewayOptions defaults)
{
    private const string Group = "Services of clusters";

    private readonly Flag<string> _policy = flags.AddString(
        "service-policy", defaults.ServicePolicy, Group,
        "YAML file of rules that say who may reach which services of which clusters, followed when it changes; empty for nobody.");

    private readonly Flag<string> _ca = flags.AddString(
        "service-proxy-ca-cert", defaults.ServiceProxyCaCert, Group, "CA file of the service proxies' certificates.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        ServicePolicy = result.Get(_policy),
        ServiceProxyCaCert = result.Get(_ca),
    };

    public static void Check(GatewayOptions options, OptionErrors errors)
    {
        errors.Readable("service-policy", options.ServicePolicy);
        errors.Readable("service-proxy-ca-cert", options.ServiceProxyCaCert);
        errors.BothOrNeither("service-policy", options.ServicePolicy, "service-proxy-ca-cert", options.ServiceProxyCaCert);
        errors.AddIf(
            options.ServicePolicy.Length > 0 && options.ProxyHost.Length == 0,
            "flag --service-policy needs the tunnel: give --proxy-host");
    }
}
