using System.Net;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

internal sealed class ClusterFlags(FlagSet flags, GatewayOptions defaults)
{
    private const string Group = "Clusters";

    private static readonly FlagType<IPNetwork> Networks = new(
        "network", IPNetwork.TryParse, static network => network.ToString(), "is not a network: write one such as 127.0.0.0/8 or ::1/128");

    private readonly Flag<string> _group = flags.AddString(
        "api-group", defaults.Group, Group, "API group that is served, and prefix of the labels and annotations that are read.");

    private readonly Flag<string> _namespace = flags.AddString(
        "secret-namespace", defaults.SecretNamespace, Group, "Namespace of the Secrets that describe clusters.");

    private readonly Flag<bool> _ocm = flags.AddBool(
        "ocm-integration", defaults.OcmIntegration, Group, "Take addresses and authorities from ManagedClusters.");

    private readonly Flag<string> _directory = flags.AddString(
        "clusters-dir", defaults.ClustersDirectory, Group,
        "Directory with such Secrets and ManagedClusters as YAML files, followed while running; without --kubeconfig no Kubernetes is used.");

    private readonly Flag<IReadOnlyList<IPNetwork>> _networks = flags.AddParsedList(
        ClusterAddresses.Flag, defaults.AllowClusterNetworks, Group,
        "Networks where clusters that are reached straight may be, although their addresses are refused otherwise: link-local ones, and for "
        + "clusters of the hub loopback; repeatable.",
        Networks);

    private readonly Flag<IReadOnlyList<string>> _plugins = flags.AddStringList(
        "exec-plugins", defaults.ExecPlugins, Group,
        "Commands that credentials of the type Dynamic may run, as they are written there; * for any.");

    private readonly Flag<TimeSpan> _connect = flags.AddTimer(
        "cluster-connect-timeout", defaults.ClusterConnectTimeout, Group, "How long connecting to a cluster may take, TLS included.");

    private readonly Flag<TimeSpan> _response = flags.AddTimer(
        "cluster-response-timeout", defaults.ClusterResponseTimeout, Group,
        "How long nothing may move on a request that is not a watch, a followed log, an upgrade or a proxied one.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        Group = result.Get(_group),
        SecretNamespace = result.Get(_namespace),
        OcmIntegration = result.Get(_ocm),
        ClustersDirectory = result.Get(_directory),
        AllowClusterNetworks = result.Get(_networks),
        ExecPlugins = result.Get(_plugins),
        ClusterConnectTimeout = result.Get(_connect),
        ClusterResponseTimeout = result.Get(_response),
    };
}
