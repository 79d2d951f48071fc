namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>A kubeconfig, or a file it names, cannot be used. The text names the file, the entry and what to change.</summary>
public sealed class KubeConfigException : IOException
{
    internal KubeConfigException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
