using System.Collections.Immutable;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Watching;

/// <summary>The objects of an informer at one moment. Never changes: a reader that needs two answers to agree takes one snapshot.</summary>
public sealed class ResourceSnapshot<T>
    where T : KubernetesObject
{
    private readonly IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> _indexes;
    private readonly ImmutableDictionary<ResourceName, T> _objects;
    private readonly ImmutableDictionary<(string Index, string Value), ImmutableHashSet<ResourceName>> _indexed;

    private ResourceSnapshot(
        IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> indexes,
        ImmutableDictionary<ResourceName, T> objects,
        ImmutableDictionary<(string Index, string Value), ImmutableHashSet<ResourceName>> indexed) =>
        (_indexes, _objects, _indexed) = (indexes, objects, indexed);

    public int Count => _objects.Count;

    /// <summary>In no order.</summary>
    public IEnumerable<T> All => _objects.Values;

    public T? Find(ResourceName name) => _objects.GetValueOrDefault(name);

    /// <summary>The objects for which the index gave this value, in no order.</summary>
    /// <exception cref="ArgumentException">There is no such index.</exception>
    public IEnumerable<T> FindBy(string index, string value) => _indexes.ContainsKey(index)
        ? _indexed.GetValueOrDefault((index, value), []).Select(name => _objects[name])
        : throw new ArgumentException($"no index \"{index}\"; there are {string.Join(", ", _indexes.Keys)}", nameof(index));

    internal static ResourceSnapshot<T> Empty(IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> indexes) => new(
        indexes,
        ImmutableDictionary<ResourceName, T>.Empty,
        ImmutableDictionary<(string Index, string Value), ImmutableHashSet<ResourceName>>.Empty);

    /// <summary>With these changes, whose before is what this snapshot holds.</summary>
    internal ResourceSnapshot<T> With(IEnumerable<ResourceChange<T>> changes)
    {
        var objects = _objects.ToBuilder();
        var indexed = _indexed.ToBuilder();
        foreach (var change in changes)
        {
            var name = change.Latest.Key;
            Unindex(indexed, name, change.Before);
            if (change.After is null)
            {
                objects.Remove(name);
                continue;
            }

            objects[name] = change.After;
            foreach (var key in Values(change.After))
            {
                indexed[key] = indexed.GetValueOrDefault(key, []).Add(name);
            }
        }

        return new ResourceSnapshot<T>(_indexes, objects.ToImmutable(), indexed.ToImmutable());
    }

    private void Unindex(
        ImmutableDictionary<(string Index, string Value), ImmutableHashSet<ResourceName>>.Builder indexed, ResourceName name, T? value)
    {
        if (value is null)
        {
            return;
        }

        foreach (var key in Values(value))
        {
            var left = indexed.GetValueOrDefault(key, []).Remove(name);
            if (left.IsEmpty)
            {
                indexed.Remove(key);
            }
            else
            {
                indexed[key] = left;
            }
        }
    }

    private IEnumerable<(string Index, string Value)> Values(T value) =>
        _indexes.SelectMany(index => index.Value(value).Select(v => (index.Key, v)));
}
