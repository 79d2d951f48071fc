using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Cli.Kubeconfigs;

/// <summary>Where kubectl reaches a cluster, and as whom.</summary>
/// <param name="Cluster">The cluster entry.</param>
/// <param name="User">The user entry, meaning the same in any file.</param>
/// <param name="UserSource">The name and file of the user entry, when it is a kubeconfig's and not made of options.</param>
internal sealed record ClusterRoute(YamlMappingNode Cluster, YamlMappingNode User, (string Name, KubeconfigFile File)? UserSource)
{
    /// <summary>Writes cluster, context and, if need be, user into a file.</summary>
    /// <param name="file">What is written.</param>
    /// <param name="name">Of the entries.</param>
    /// <param name="readable">Files that a reader of <paramref name="file"/> has as well, so that their users need no copy.</param>
    public void AddTo(KubeconfigFile file, string name, IReadOnlyList<KubeconfigFile> readable)
    {
        var user = name;
        if (UserSource is { } source && readable.Any(f => f.RealPath == source.File.RealPath))
        {
            user = source.Name;
        }
        else
        {
            file.Set(KubeconfigFile.User, name, User);
        }

        file.Set(KubeconfigFile.Cluster, name, Cluster);
        file.Set(KubeconfigFile.Context, name, KubeconfigFile.Mapping(("cluster", name), ("user", user)));
    }
}
