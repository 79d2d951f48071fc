using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server.Flags;

internal sealed class KubernetesFlags(FlagSet flags, ServerOptions defaults)
{
    private const string Group = "Kubernetes";

    private readonly Flag<string> _namespace = flags.AddString(
        "agent-namespace", defaults.AgentNamespace, Group, "Namespace that agents' service account tokens must name.");

    private readonly Flag<string> _account = flags.AddString(
        "agent-service-account", defaults.AgentServiceAccount, Group, "Service account that agents' tokens must name.");

    private readonly Flag<string> _audience = flags.AddString(
        "authentication-audience", defaults.AuthenticationAudience, Group, "Audience that agents' tokens are reviewed for.");

    private readonly Flag<string> _kubeconfig = flags.AddString(
        "kubeconfig", defaults.Kubeconfig, Group, "File that tells how to reach the kube-apiserver; empty inside a cluster.");

    private readonly Flag<float> _qps = flags.AddFloat(
        "kubeconfig-qps", defaults.KubeconfigQps, Group, "Greatest rate of requests to the kube-apiserver a second; 0 for no limit.");

    private readonly Flag<int> _burst = flags.AddInt(
        "kubeconfig-burst", defaults.KubeconfigBurst, Group, "Requests to the kube-apiserver at once before that rate counts; 0 for one.");

    private readonly Flag<string> _contentType = flags.AddString(
        "kube-api-content-type", defaults.KubeApiContentType, Group, "Content type of requests to the kube-apiserver.");

    private readonly Flag<bool> _leases = flags.AddBool(
        "enable-lease-controller", defaults.EnableLeaseController, Group, "Announce this server by a lease, so that agents can count servers.");

    private readonly Flag<string> _leaseNamespace = flags.AddString(
        "lease-namespace", defaults.LeaseNamespace, Group, "Namespace of the leases.");

    private readonly Flag<LabelList> _leaseLabel = flags.AddParsed(
        "lease-label", defaults.LeaseLabel, Group, "Labels of the leases.", LabelList.FlagType);

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        AgentNamespace = result.Get(_namespace),
        AgentServiceAccount = result.Get(_account),
        AuthenticationAudience = result.Get(_audience),
        Kubeconfig = result.Get(_kubeconfig),
        KubeconfigQps = result.Get(_qps),
        KubeconfigBurst = result.Get(_burst),
        KubeApiContentType = result.Get(_contentType),
        EnableLeaseController = result.Get(_leases),
        LeaseNamespace = result.Get(_leaseNamespace),
        LeaseLabel = result.Get(_leaseLabel),
    };
}
