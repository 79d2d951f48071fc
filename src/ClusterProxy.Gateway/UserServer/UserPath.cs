using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using ClusterProxy.Gateway.Authorization;

namespace ClusterProxy.Gateway.UserServer;

/// <summary>
/// A path of OCM's user-server (spec/cluster-proxy.md 4.2):
/// <code>
/// /&lt;cluster&gt;/&lt;kube path&gt;
/// /&lt;cluster&gt;/api/v1/namespaces/&lt;ns&gt;/services/&lt;[scheme:]name:port&gt;/proxy-service/&lt;path&gt;
/// </code>
/// Read once, from the raw path alone: what is decided on here is what is dialled, and no query changes it. The part that names the
/// target must be plain; the rest goes on byte for byte.
/// </summary>
/// <param name="Cluster">A DNS name.</param>
/// <param name="Target">What the cluster's API server, or the service, is asked for.</param>
/// <param name="Service">Null for the API server.</param>
internal sealed partial record UserPath(string Cluster, RequestTarget Target, ServiceReference? Service)
{
    private const int ServicePart = 7;
    private const int MarkPart = 8;
    private const string Mark = "proxy-service";

    /// <summary>First parts of an API server's own paths: clients ask any server for them, and no cluster of that name is meant.</summary>
    private static readonly FrozenSet<string> ApiServerRoots =
        FrozenSet.Create(StringComparer.Ordinal, "api", "apis", "healthz", "livez", "metrics", "openapi", "readyz", "version");

    /// <summary>Whether it is a path that every API server may have; a cluster of such a name is reached under clustergateways only.</summary>
    public static bool IsApiServers(RequestTarget target) => target.Path.Split('/') is ["", var first, ..] && ApiServerRoots.Contains(first);

    /// <param name="target">Raw.</param>
    /// <param name="problem">What is wrong with it, when null is returned.</param>
    public static UserPath? Parse(RequestTarget target, out string problem)
    {
        var parts = target.Path.Split('/');
        problem = "";
        if (parts is not ["", var cluster, _, ..] || !Name().IsMatch(cluster))
        {
            problem = "write /CLUSTER/PATH with the cluster's name in small letters, digits, - and .";
            return null;
        }

        if (!IsService(parts))
        {
            return new UserPath(cluster, target with { Path = target.Path[(cluster.Length + 1)..] }, null);
        }

        var rest = "/" + string.Join('/', parts[(MarkPart + 1)..]);
        if (ReadService(parts[5], parts[ServicePart]) is { } service)
        {
            return new UserPath(cluster, target with { Path = rest }, service);
        }

        problem = $"\"{parts[ServicePart]}\" in namespace \"{parts[5]}\" names no service port; write scheme:name:port, such as https:web:8443";
        return null;
    }

    /// <summary>As upstream: something must follow the mark, be it empty. What only looks like it is a path of the API server.</summary>
    private static bool IsService(string[] parts) => parts is [_, _, "api", "v1", "namespaces", _, "services", _, Mark, _, ..];

    private static ServiceReference? ReadService(string inNamespace, string text)
    {
        var (scheme, name, port) = text.Split(':') switch
        {
            [var n, var p] => ("https", n, p),
            [var s, var n, var p] => (s.Length > 0 ? s : "https", n, p),
            _ => ("", "", ""),
        };
        return scheme is "http" or "https" && Label().IsMatch(name) && Label().IsMatch(inNamespace)
            && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? new ServiceReference(scheme, inNamespace, name, number)
            : null;
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A(?=.{1,253}\z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Name();
}
