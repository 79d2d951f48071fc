using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

internal sealed class HubFlags
{
    private const string Group = "Hub";

    private readonly Flag<string> _kubeconfig;
    private readonly Flag<string> _userAgent;
    private readonly Flag<FeatureGates> _gates;

    public HubFlags(FlagSet flags, GatewayOptions defaults)
    {
        _kubeconfig = flags.AddString(
            "kubeconfig", defaults.Kubeconfig, Group, "File that tells how to reach the hub's kube-apiserver; empty inside a cluster.");
        _userAgent = flags.AddString("user-agent", defaults.UserAgent, Group, "User-Agent of requests to the hub.");
        _gates = flags.AddParsed(
            "feature-gates", defaults.FeatureGates, Group,
            "ClientIdentityPenetration=false lets every caller that does not ask for impersonate=true act with the gateway's own rights; "
            + "HealthinessCheck=true refuses requests to clusters that are marked unhealthy, but for probes of their health; "
            + "other gates are accepted without effect.",
            FeatureGates.FlagType);

        // One hub, one way to it: upstream's deployments give the same file thrice, if any.
        flags.AddAlias("authentication-kubeconfig", _kubeconfig);
        flags.AddAlias("authorization-kubeconfig", _kubeconfig);
    }

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        Kubeconfig = result.Get(_kubeconfig),
        UserAgent = result.Get(_userAgent) is { Length: > 0 } agent ? agent : options.UserAgent,
        FeatureGates = result.Get(_gates),
    };
}
