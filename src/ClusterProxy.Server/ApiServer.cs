using ClusterProxy.Hosting;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Server;

/// <summary>The Kubernetes API server that reviews tokens and keeps leases, as the flags name it.</summary>
internal static class ApiServer
{
    /// <summary>Null when no flag needs one.</summary>
    /// <exception cref="StartupException">It cannot be told how to reach it.</exception>
    public static KubernetesClient? Create(ServerOptions options, ILoggerFactory logging, TimeProvider time)
    {
        if (!options.UsesTokenAuthentication && !options.EnableLeaseController)
        {
            return null;
        }

        try
        {
            return new KubernetesClient(
                ClusterAccess.Find(options.Kubeconfig),
                new KubernetesClientOptions
                {
                    UserAgent = "proxy-server",
                    RequestsPerSecond = options.KubeconfigQps,
                    Burst = options.KubeconfigBurst,
                },
                logging,
                time);
        }
        catch (KubeConfigException e)
        {
            var flag = options.Kubeconfig.Length > 0 ? $"--kubeconfig={options.Kubeconfig}" : "--kubeconfig is empty";
            throw new StartupException($"{flag}: {e.Message}", e);
        }
    }
}
