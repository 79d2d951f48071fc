using ClusterProxy.Kubernetes.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Cli.Kubeconfigs;

/// <summary>
/// A kubeconfig as its nodes, so that what this program does not know is written back as it was. Comments are lost, as when kubectl
/// writes the file.
/// </summary>
internal sealed class KubeconfigFile
{
    public const string Cluster = "cluster";
    public const string Context = "context";
    public const string User = "user";

    private readonly YamlMappingNode _root;

    private KubeconfigFile(string path, YamlMappingNode root)
    {
        Path = path;
        _root = root;
    }

    /// <summary>Absolute; empty for one that lies in no file.</summary>
    public string Path { get; }

    /// <summary>Where its bytes lie: behind all links.</summary>
    public string RealPath => Path.Length == 0 ? "" : Real(Path);

    public string? CurrentContext
    {
        get => Text(_root, "current-context") is { Length: > 0 } name ? name : null;
        set => _root.Children[Key("current-context")] = Value(value!);
    }

    public static string Real(string path) =>
        (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? System.IO.Path.GetFullPath(path);

    public static KubeconfigFile Empty(string path = "") => new(path, Mapping(("apiVersion", "v1"), ("kind", "Config")));

    /// <summary>An absent file is an empty one.</summary>
    /// <exception cref="KubeConfigException">It cannot be read, or is no kubeconfig.</exception>
    public static KubeconfigFile Load(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            return Empty(full);
        }

        KubeConfig.Load(full);
        var yaml = PlainYaml.Load(File.ReadAllText(full), allowsAliases: true);
        return yaml.Documents is [{ RootNode: YamlMappingNode root }, ..] ? new KubeconfigFile(full, root) : Empty(full);
    }

    /// <param name="kind"><see cref="Cluster"/>, <see cref="Context"/> or <see cref="User"/>.</param>
    /// <param name="name">The first entry of that name counts.</param>
    public YamlMappingNode? Find(string kind, string name) => Entries(kind) is { } entries && Entry(entries, name) is { } entry
        ? Child(entry, kind) as YamlMappingNode
        : null;

    /// <summary>Adds an entry, or replaces the one of that name.</summary>
    public void Set(string kind, string name, YamlMappingNode value)
    {
        var entries = Entries(kind);
        if (entries is null)
        {
            _root.Children[Key($"{kind}s")] = entries = new YamlSequenceNode();
        }

        if (Entry(entries, name) is { } entry)
        {
            entry.Children[Key(kind)] = value;
            return;
        }

        var added = Mapping(("name", name));
        added.Children[Key(kind)] = value;
        entries.Children.Add(added);
    }

    public override string ToString()
    {
        using var text = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(_root)).Save(text, assignAnchors: false);

        // The mark of a document's end, which only streams of several need.
        var yaml = text.ToString();
        return yaml.EndsWith("...\n", StringComparison.Ordinal) ? yaml[..^4] : yaml;
    }

    public static YamlNode? Child(YamlMappingNode node, string key) => node.Children.TryGetValue(Key(key), out var child) ? child : null;

    public static string? Text(YamlMappingNode node, string key) => (Child(node, key) as YamlScalarNode)?.Value;

    public static YamlMappingNode Mapping(params (string Key, string Value)[] values) =>
        new(values.Select(static v => new KeyValuePair<YamlNode, YamlNode>(Key(v.Key), Value(v.Value))));

    public static YamlScalarNode Key(string text) => new(text);

    /// <summary>Quoted, so that no name reads as a number or a boolean.</summary>
    private static YamlScalarNode Value(string text) => new(text) { Style = ScalarStyle.DoubleQuoted };

    private YamlSequenceNode? Entries(string kind) => Child(_root, $"{kind}s") as YamlSequenceNode;

    private static YamlMappingNode? Entry(YamlSequenceNode entries, string name) =>
        entries.Children.OfType<YamlMappingNode>().FirstOrDefault(e => Text(e, "name") == name);
}
