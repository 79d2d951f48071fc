using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Agent.Flags;

internal sealed class KubernetesFlags
{
    private const string Group = "Kubernetes";

    private readonly Flag<bool> _leases;
    private readonly Flag<string> _namespace;
    private readonly Flag<string> _selector;
    private readonly Flag<string> _kubeconfig;
    private readonly Flag<string> _contentType;

    public KubernetesFlags(FlagSet flags, AgentOptions defaults)
    {
        _leases = flags.AddBool(
            "count-server-leases", defaults.CountServerLeases, Group, "Count servers by the leases that they publish.");
        _namespace = flags.AddString("lease-namespace", defaults.LeaseNamespace, Group, "Namespace of the leases.");
        _selector = flags.AddString(
            "lease-label-selector", defaults.LeaseLabelSelector, Group, "Which leases are servers'; --lease-label is its older name.");
        flags.AddAlias("lease-label", _selector);
        _kubeconfig = flags.AddString(
            "kubeconfig", defaults.Kubeconfig, Group, "File that tells how to reach the kube-apiserver; empty inside a cluster.");
        _contentType = flags.AddString(
            "kube-api-content-type", defaults.KubeApiContentType, Group, "Content type of requests to the kube-apiserver.");
    }

    public AgentOptions Apply(FlagParseResult result, AgentOptions options) => options with
    {
        CountServerLeases = result.Get(_leases),
        LeaseNamespace = result.Get(_namespace),
        LeaseLabelSelector = result.Get(_selector),
        Kubeconfig = result.Get(_kubeconfig),
        KubeApiContentType = result.Get(_contentType),
    };
}
