using System.Security.Cryptography;
using System.Text;

namespace ClusterProxy.Protocol;

/// <summary>
/// The host under which a cluster's service proxy is dialled. It stands in no DNS: only routing tables, the agent's aliases and TLS
/// names know it. A hash keeps it a DNS label however long the cluster's name is.
/// </summary>
internal static class ServiceProxyHost
{
    private const string Domain = ".open-cluster-management.proxy";
    private const int LabelLength = 56;

    public static string Of(string cluster)
    {
        var label = "cluster-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cluster)));
        return label[..LabelLength] + Domain;
    }
}
