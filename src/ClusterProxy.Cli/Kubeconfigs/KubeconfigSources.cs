using ClusterProxy.Hosting;
using ClusterProxy.Kubernetes.Configuration;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Cli.Kubeconfigs;

/// <summary>The kubeconfig files in effect: the first that has an entry of a name says what it is, as for kubectl.</summary>
internal sealed class KubeconfigSources
{
    private static readonly string[] PathKeys = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

    private KubeconfigSources(IReadOnlyList<KubeconfigFile> files) => Files = files;

    public IReadOnlyList<KubeconfigFile> Files { get; }

    public string? CurrentContext => Files.Select(static f => f.CurrentContext).FirstOrDefault(static c => c is not null);

    /// <param name="path">Of --kubeconfig; null for the variable KUBECONFIG or ~/.kube/config.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <exception cref="KubeConfigException">A file that is there cannot be used.</exception>
    public static KubeconfigSources Load(string? path, Func<string, string?> environment)
    {
        var paths = path is not null ? [path]
            : environment(KubeConfig.Variable) is { Length: > 0 } list ? list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            : [Path.Combine(environment("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")];
        return new KubeconfigSources([.. paths.Select(KubeconfigFile.Load)]);
    }

    /// <summary>An entry and its file.</summary>
    /// <exception cref="StartupException">No file has it.</exception>
    public (YamlMappingNode Node, KubeconfigFile File) Get(string kind, string name) =>
        Files.Select(f => (Node: f.Find(kind, name), File: f)).FirstOrDefault(static f => f.Node is not null) is { Node: { } node } found
            ? (node, found.File)
            : throw new StartupException($"{this}: has no {kind} \"{name}\"");

    /// <summary>A copy of an entry that means the same in any other file.</summary>
    public static YamlMappingNode Copy(YamlMappingNode node, KubeconfigFile file)
    {
        var copy = new YamlMappingNode(node.Children);
        foreach (var key in PathKeys)
        {
            if (KubeconfigFile.Text(copy, key) is { Length: > 0 } path)
            {
                copy.Children[KubeconfigFile.Key(key)] = new YamlScalarNode(Resolve(path, file));
            }
        }

        // As kubectl: a plug-in with a slash in it is a path, one without is looked for on PATH.
        if (KubeconfigFile.Child(copy, "exec") is YamlMappingNode exec
            && KubeconfigFile.Text(exec, "command") is { } command && command.Contains('/', StringComparison.Ordinal))
        {
            var moved = new YamlMappingNode(exec.Children);
            moved.Children[KubeconfigFile.Key("command")] = new YamlScalarNode(Resolve(command, file));
            copy.Children[KubeconfigFile.Key("exec")] = moved;
        }

        return copy;
    }

    public override string ToString() => string.Join(Path.PathSeparator, Files.Select(static f => f.Path));

    private static string Resolve(string path, KubeconfigFile file) => Path.GetFullPath(path, Path.GetDirectoryName(file.Path)!);
}
