using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Watching;

/// <summary>What an informer watches and how it keeps it.</summary>
public sealed record InformerOptions<T>
    where T : KubernetesObject
{
    public ListOptions Objects { get; init; } = ListOptions.Everything;

    /// <summary>By name: the values under which an object is found. Must give the same for the same object.</summary>
    public IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> Indexes { get; init; } =
        new Dictionary<string, Func<T, IEnumerable<string>>>();

    /// <summary>Drops what nobody needs before an object is kept, such as the data of Secrets.</summary>
    public Func<T, T>? Trim { get; init; }

    /// <summary>Hears of every list and watch that was answered; must return at once.</summary>
    public Action<InformerRequest>? Observed { get; init; }
}
