using System.Text;
using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>What a plugin is told in KUBERNETES_EXEC_INFO.</summary>
internal static class ExecInfo
{
    public static string Json(ExecPlugin plugin, KubeConfigCluster cluster)
    {
        var spec = new JsonObject { ["interactive"] = false };
        if (plugin.ProvideClusterInfo)
        {
            spec["cluster"] = Cluster(cluster);
        }

        return new JsonObject
        {
            ["kind"] = "ExecCredential",
            ["apiVersion"] = plugin.ApiVersion,
            ["spec"] = spec,
        }.ToJsonString();
    }

    private static JsonObject Cluster(KubeConfigCluster cluster)
    {
        var info = new JsonObject { ["server"] = cluster.Server.OriginalString };
        if (cluster.TlsServerName is { } name)
        {
            info["tls-server-name"] = name;
        }

        if (cluster.InsecureSkipTlsVerify)
        {
            info["insecure-skip-tls-verify"] = true;
        }

        if (cluster.CertificateAuthority is { } authority)
        {
            info["certificate-authority-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(authority.Read()));
        }

        if (cluster.ProxyUrl is { } proxy)
        {
            info["proxy-url"] = proxy.OriginalString;
        }

        if (cluster.DisableCompression)
        {
            info["disable-compression"] = true;
        }

        if (cluster.ExecConfigJson is { } config)
        {
            info["config"] = JsonNode.Parse(config);
        }

        return info;
    }
}
