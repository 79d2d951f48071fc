using System.Globalization;
using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>
/// The objects, one version for all of them as etcd has, and the log that watches and older pages are served from. Objects in it are
/// never changed, only replaced.
/// </summary>
internal sealed class ObjectStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ApiResource, SortedDictionary<ObjectKey, JsonObject>> _objects = [];
    private readonly List<StoredChange> _log = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _version = 1000;
    private long _compacted = 1000;

    public long Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    /// <summary>Who asks for an older version from now on is told that it expired; watches that run are not cut off by it.</summary>
    public void Compact()
    {
        lock (_gate)
        {
            _compacted = _version;
        }
    }

    public void CheckNotCompacted(long version)
    {
        lock (_gate)
        {
            if (version < _compacted)
            {
                throw ApiErrorException.Expired($"too old resource version: {version} ({_compacted})");
            }
        }
    }

    public JsonObject? Find(ApiResource resource, ObjectKey key)
    {
        lock (_gate)
        {
            return Objects(resource).GetValueOrDefault(key);
        }
    }

    /// <summary>Replaces, creates (before is null) or deletes (the change gives null) one object, in one step.</summary>
    /// <param name="resource">The kind.</param>
    /// <param name="key">Which object.</param>
    /// <param name="change">Gets a copy of the object as it is and gives the new one; may throw an <see cref="ApiErrorException"/>.</param>
    /// <param name="isKept">False to only say what the new object would be.</param>
    /// <returns>The new object, or the last state of the deleted one.</returns>
    public JsonObject Write(ApiResource resource, ObjectKey key, Func<JsonObject?, JsonObject?> change, bool isKept = true)
    {
        lock (_gate)
        {
            var before = Objects(resource).GetValueOrDefault(key);
            var after = change((JsonObject?)before?.DeepClone());
            if (before is not null && after is not null && JsonNode.DeepEquals(before, after))
            {
                return before;
            }

            if (!isKept)
            {
                return after ?? before!;
            }

            _version++;
            var last = after ?? (JsonObject)before!.DeepClone();
            last["metadata"]!["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
            Materialize(last);
            if (after is null)
            {
                Objects(resource).Remove(key);
            }
            else
            {
                Objects(resource)[key] = after;
            }

            _log.Add(new StoredChange(_version, resource, key, before, after, last));
            Interlocked.Exchange(ref _changed, NewSignal()).SetResult();
            return last;
        }
    }

    /// <summary>All objects of a kind as they were at a version, in order.</summary>
    public (long Version, IReadOnlyList<JsonObject> Objects) List(ApiResource resource, long? atVersion)
    {
        lock (_gate)
        {
            if (atVersion is null || atVersion == _version)
            {
                return (_version, [.. Objects(resource).Values]);
            }

            CheckNotCompacted(atVersion.Value);
            var then = new SortedDictionary<ObjectKey, JsonObject>(Objects(resource), ObjectKey.Order);
            foreach (var change in ChangesAfter(atVersion.Value).Where(c => c.Resource == resource).Reverse())
            {
                then.Remove(change.Key);
                if (change.Before is not null)
                {
                    then[change.Key] = change.Before;
                }
            }

            return (atVersion.Value, [.. then.Values]);
        }
    }

    /// <summary>What happened to a kind after a version, and what completes at the next change of anything.</summary>
    public (IReadOnlyList<StoredChange> Changes, long Version, Task Changed) Changes(ApiResource resource, long afterVersion)
    {
        lock (_gate)
        {
            return ([.. ChangesAfter(afterVersion).Where(c => c.Resource == resource)], _version, _changed.Task);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Nodes that were parsed make their children at the first look, which several readers at once must not do.</summary>
    private static void Materialize(JsonNode? node)
    {
        foreach (var child in node switch
        {
            JsonObject value => value.Select(static p => p.Value),
            JsonArray list => list,
            _ => Enumerable.Empty<JsonNode?>(),
        })
        {
            Materialize(child);
        }
    }

    private IEnumerable<StoredChange> ChangesAfter(long version) => _log.Where(c => c.Version > version);

    private SortedDictionary<ObjectKey, JsonObject> Objects(ApiResource resource)
    {
        if (!_objects.TryGetValue(resource, out var objects))
        {
            _objects[resource] = objects = new SortedDictionary<ObjectKey, JsonObject>(ObjectKey.Order);
        }

        return objects;
    }
}
