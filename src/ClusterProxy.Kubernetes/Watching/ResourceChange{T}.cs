namespace ClusterProxy.Kubernetes.Watching;

/// <summary>What an informer tells its subscribers.</summary>
/// <param name="Before">Null for an object that is new.</param>
/// <param name="After">Null for an object that is gone.</param>
public readonly record struct ResourceChange<T>(T? Before, T? After)
    where T : class
{
    /// <summary>After, or the last state of what is gone.</summary>
    public T Latest => After ?? Before!;
}
