using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

internal sealed class CallerFlags(FlagSet flags, GatewayOptions defaults)
{
    private const string Group = "Callers";

    private readonly Flag<string> _policy = flags.AddString(
        "access-policy", defaults.AccessPolicy, Group,
        "File that says who may do what in which clusters, followed while running; needed without a hub, and instead of asking it when given.");

    private readonly Flag<IReadOnlyList<string>> _extra = flags.AddStringList(
        "impersonate-extra", defaults.ImpersonateExtra, Group,
        "Keys of a caller's extras that clusters are told; the gateway's credential there needs the right to impersonate each.");

    private readonly Flag<bool> _uid = flags.AddBool(
        "impersonate-uid", defaults.ImpersonateUid, Group, "Tell clusters a caller's uid; the gateway's credential needs the right to.");

    private readonly Flag<bool> _metrics = flags.AddBool(
        "metrics-per-cluster", defaults.MetricsPerCluster, Group,
        "Tell clusters apart in the ocm_proxy_ metrics; for dozens of clusters, not for thousands.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        AccessPolicy = result.Get(_policy),
        ImpersonateExtra = result.Get(_extra),
        ImpersonateUid = result.Get(_uid),
        MetricsPerCluster = result.Get(_metrics),
    };
}
