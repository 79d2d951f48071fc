namespace ClusterProxy.Kubernetes.Resources;

/// <summary>Names one object of a kind.</summary>
/// <param name="Namespace">Null for kinds that live in no namespace.</param>
/// <param name="Name">The object's name.</param>
public readonly record struct ResourceName(string? Namespace, string Name)
{
    /// <summary>An object of a kind without namespaces.</summary>
    public ResourceName(string name)
        : this(null, name)
    {
    }

    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
