using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// The features of a connection: itself, unless somebody has put another in its place, and the few that others add. A list of
/// these is a third of the dictionary that the framework's own collection would keep for every idle connection.
/// </summary>
/// <param name="connection">Is all of its own features; these cannot be removed.</param>
internal sealed class ConnectionFeatures(DirectSocketConnection connection) : IFeatureCollection
{
    private static readonly Type[] Own =
    [
        typeof(IConnectionIdFeature), typeof(IConnectionItemsFeature), typeof(IConnectionTransportFeature), typeof(IConnectionLifetimeFeature),
        typeof(IConnectionEndPointFeature), typeof(IConnectionSocketFeature), typeof(DirectSocketConnection),
    ];

    private readonly List<KeyValuePair<Type, object>> _added = [];

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => IndexOf(key) is >= 0 and var index ? _added[index].Value
            : Array.IndexOf(Own, key) >= 0 ? connection
            : null;
        set
        {
            Revision++;
            if (IndexOf(key) is >= 0 and var index)
            {
                _added.RemoveAt(index);
            }

            if (value is not null)
            {
                _added.Add(new(key, value));
            }
        }
    }

    [return: MaybeNull]
    public TFeature Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() =>
        Own.Where(own => IndexOf(own) < 0).Select(own => KeyValuePair.Create(own, (object)connection)).Concat(_added).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        for (var i = 0; i < _added.Count; i++)
        {
            if (_added[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }
}
