using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>
/// A directory with the same objects as YAML files, looked at four times a second. It is what a laptop and the demo use, and needs no
/// Kubernetes. A file that cannot be read takes away what it described, and nothing else.
/// </summary>
internal sealed class ClusterDirectory : IClusterSource
{
    private readonly string _path;
    private readonly ClusterProjection _projection;
    private readonly FileReloader _reloader;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, ClusterFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _described = new(StringComparer.Ordinal);
    private volatile bool _isRead;

    public ClusterDirectory(string path, ClusterProjection projection, TimeProvider time, ILogger logger)
    {
        _path = Path.GetFullPath(path);
        _projection = projection;
        _time = time;
        _reloader = new FileReloader(logger, time);
    }

    public string? Missing => _isRead ? null : $"--clusters-dir={_path} was not read yet";

    public void Start(ClusterCatalog catalog)
    {
        Look(catalog);
        _isRead = true;
        _reloader.Add($"--clusters-dir={_path}", () => Look(catalog));
        _reloader.Start();
    }

    /// <summary>A sentence while reading it hangs.</summary>
    public IReadOnlyList<string> Warnings() => _reloader.Warnings();

    public ValueTask DisposeAsync() => _reloader.DisposeAsync();

    private void Look(ClusterCatalog catalog)
    {
        if (!Reread(catalog))
        {
            return;
        }

        var all = _files.Values.OrderBy(static f => f.Path, StringComparer.Ordinal).SelectMany(static f => f.Objects).ToList();
        var names = all.Select(static o => o.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in _described.Keys.Where(n => !names.Contains(n)).ToList())
        {
            _described.Remove(name);
            catalog.Describe(this, name, name, null);
        }

        foreach (var group in all.GroupBy(static o => o.Name, StringComparer.Ordinal))
        {
            var objects = group.ToList();
            var text = string.Join('\n', objects.Select(static o => o.Text));
            if (_described.TryGetValue(group.Key, out var before) && before == text)
            {
                continue;
            }

            _described[group.Key] = text;
            catalog.Describe(this, group.Key, string.Join(" and ", objects.Select(static o => o.Source).Distinct()), () => Project(objects));
        }
    }

    private Cluster Project(List<DescribedObject> objects)
    {
        var secrets = objects.Where(static o => o.Secret is not null).ToList();
        var managed = objects.Where(static o => o.Managed is not null).ToList();
        if (secrets.Count > 1 || managed.Count > 1)
        {
            throw new FormatException("the cluster is described more than once; keep one Secret and at most one ManagedCluster of a name");
        }

        return secrets is [var secret]
            ? _projection.Project(secret.Secret!, managed.FirstOrDefault()?.Managed, ClusterOrigin.File)
            : _projection.Project(managed[0].Managed!);
    }

    /// <returns>Whether anything is different.</returns>
    private bool Reread(ClusterCatalog catalog)
    {
        var changed = false;
        var paths = Paths();
        foreach (var path in _files.Keys.Where(p => !paths.Contains(p)).ToList())
        {
            _files.Remove(path);
            catalog.Clear(path);
            changed = true;
        }

        foreach (var path in paths)
        {
            var known = _files.GetValueOrDefault(path);
            var read = ClusterFile.Read(path, known, _projection.Keys, _time.GetUtcNow());
            if (ReferenceEquals(read, known))
            {
                continue;
            }

            _files[path] = read;
            changed |= known is null || known.Hash != read.Hash;
            if (read.Problem is { } problem)
            {
                catalog.Report(new ClusterProblem(path, problem));
            }
            else
            {
                catalog.Clear(path);
            }
        }

        return changed;
    }

    private HashSet<string> Paths()
    {
        try
        {
            return Directory.EnumerateFiles(_path)
                .Where(static p => Path.GetExtension(p) is ".yaml" or ".yml" or ".json" && !Path.GetFileName(p).StartsWith('.'))
                .ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Unmounted, perhaps for a moment: what was read stays in use.
            return [.. _files.Keys];
        }
    }
}
