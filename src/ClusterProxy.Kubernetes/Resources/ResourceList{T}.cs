namespace ClusterProxy.Kubernetes.Resources;

/// <summary>The objects of a list request, or of one page of it.</summary>
/// <param name="Items">In the server's order.</param>
/// <param name="ResourceVersion">From where a watch goes on.</param>
/// <param name="Continue">The token of the next page; null at the end.</param>
/// <param name="RemainingItemCount">How many follow, where the server says.</param>
public sealed record ResourceList<T>(
    IReadOnlyList<T> Items, string ResourceVersion, string? Continue = null, long? RemainingItemCount = null);
