namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>Names an object of a kind; no namespace is the empty one.</summary>
internal readonly record struct ObjectKey(string Namespace, string Name)
{
    /// <summary>As etcd sorts them.</summary>
    public static Comparer<ObjectKey> Order { get; } = Comparer<ObjectKey>.Create(static (a, b) =>
    {
        var byNamespace = string.CompareOrdinal(a.Namespace, b.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(a.Name, b.Name);
    });
}
