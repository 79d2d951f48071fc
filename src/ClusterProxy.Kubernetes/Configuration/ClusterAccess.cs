namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>All it takes to talk to one API server.</summary>
/// <param name="Cluster">Where it is and whom to trust.</param>
/// <param name="User">Who asks.</param>
/// <param name="Namespace">What requests without a namespace mean.</param>
public sealed record ClusterAccess(KubeConfigCluster Cluster, KubeConfigUser User, string Namespace)
{
    public const string DefaultNamespace = "default";

    /// <summary>What the flag --kubeconfig means everywhere: that file, or the cluster this process runs in when it is empty.</summary>
    /// <exception cref="KubeConfigException">Neither can be used.</exception>
    public static ClusterAccess Find(string kubeconfig) => kubeconfig.Length > 0
        ? KubeConfig.Load(kubeconfig).Access()
        : InCluster.Access();

    public override string ToString() => $"{Cluster.Server} as {User}";
}
