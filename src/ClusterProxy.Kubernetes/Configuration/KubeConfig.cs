namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>The contents of one or more kubeconfig files. Paths in it are absolute: each was resolved against its own file.</summary>
public sealed record KubeConfig
{
    public const string Variable = "KUBECONFIG";

    /// <summary>For errors.</summary>
    public required string Source { get; init; }

    public string? CurrentContext { get; init; }

    public IReadOnlyDictionary<string, KubeConfigCluster> Clusters { get; init; } = new Dictionary<string, KubeConfigCluster>();

    public IReadOnlyDictionary<string, KubeConfigContext> Contexts { get; init; } = new Dictionary<string, KubeConfigContext>();

    public IReadOnlyDictionary<string, KubeConfigUser> Users { get; init; } = new Dictionary<string, KubeConfigUser>();

    /// <exception cref="KubeConfigException">Not readable, or no kubeconfig.</exception>
    public static KubeConfig Load(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return KubeConfigReader.Read(reader, Path.GetFullPath(path));
        }
        catch (Exception e) when (e is (IOException and not KubeConfigException) or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path}: cannot be read ({e.Message}); check the path, and who may read it", e);
        }
    }

    /// <summary>
    /// What kubectl uses: the files of the variable KUBECONFIG, those that exist, merged so that the first to say something wins;
    /// else ~/.kube/config.
    /// </summary>
    /// <exception cref="KubeConfigException">None of the files is there, or one cannot be used.</exception>
    public static KubeConfig LoadDefault()
    {
        var paths = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } list
            ? list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            : [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")];
        var files = paths.Where(File.Exists).Select(Load).ToArray();
        return files is []
            ? throw new KubeConfigException($"no kubeconfig: {string.Join(", ", paths)} does not exist; set {Variable}")
            : files.Aggregate(static (merged, next) => merged.MergedWith(next));
    }

    /// <summary>This file's entries, and those of the other that this one lacks.</summary>
    public KubeConfig MergedWith(KubeConfig other) => new()
    {
        Source = $"{Source}{Path.PathSeparator}{other.Source}",
        CurrentContext = CurrentContext ?? other.CurrentContext,
        Clusters = Merge(Clusters, other.Clusters),
        Contexts = Merge(Contexts, other.Contexts),
        Users = Merge(Users, other.Users),
    };

    /// <param name="context">Null for the current one.</param>
    /// <exception cref="KubeConfigException">The context, or what it names, is not there.</exception>
    public ClusterAccess Access(string? context = null)
    {
        var name = context ?? CurrentContext
            ?? throw new KubeConfigException($"{Source}: has no current-context; set one with `kubectl config use-context`");
        var entry = Contexts.GetValueOrDefault(name) ?? throw Missing("context", name, Contexts.Keys);
        var cluster = Clusters.GetValueOrDefault(entry.Cluster) ?? throw Missing("cluster", entry.Cluster, Clusters.Keys);
        var user = entry.User is null
            ? KubeConfigUser.Anonymous
            : Users.GetValueOrDefault(entry.User) ?? throw Missing("user", entry.User, Users.Keys);
        return new ClusterAccess(cluster, user, entry.Namespace ?? ClusterAccess.DefaultNamespace);
    }

    private static Dictionary<string, T> Merge<T>(IReadOnlyDictionary<string, T> first, IReadOnlyDictionary<string, T> second)
    {
        var merged = new Dictionary<string, T>(second, StringComparer.Ordinal);
        foreach (var (name, value) in first)
        {
            merged[name] = value;
        }

        return merged;
    }

    private KubeConfigException Missing(string kind, string name, IEnumerable<string> known) =>
        new($"{Source}: has no {kind} \"{name}\", " + (known.Any()
            ? $"only {string.Join(", ", known.Order(StringComparer.Ordinal))}; name one of these, add it under {kind}s, or give another kubeconfig"
            : $"and no other one; add it under {kind}s, or give another kubeconfig"));
}
