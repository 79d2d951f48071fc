using ClusterProxy.Hosting;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Gateway;

/// <summary>The kube-apiserver of the hub, as the flags name it.</summary>
internal static class Hub
{
    /// <summary>Null when the gateway runs without Kubernetes.</summary>
    /// <exception cref="StartupException">It cannot be told how to reach it.</exception>
    public static KubernetesClient? Create(GatewayOptions options, ILoggerFactory logging, TimeProvider time)
    {
        if (!options.UsesKubernetes)
        {
            return null;
        }

        try
        {
            return new KubernetesClient(
                ClusterAccess.Find(options.Kubeconfig), new KubernetesClientOptions { UserAgent = options.UserAgent }, logging, time);
        }
        catch (KubeConfigException e)
        {
            var flag = options.Kubeconfig.Length > 0
                ? $"--kubeconfig={options.Kubeconfig}"
                : "--kubeconfig is empty; name the hub's, or give --clusters-dir to run without a hub";
            throw new StartupException($"{flag}: {e.Message}", e);
        }
    }
}
