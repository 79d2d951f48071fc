using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>A mapping of a kubeconfig file, with typed access to its keys and errors that say where it lies.</summary>
internal sealed class KubeConfigNode
{
    private readonly YamlMappingNode _mapping;
    private readonly string _file;
    private readonly string _where;

    public KubeConfigNode(YamlNode node, string file, string where)
    {
        _file = file;
        _where = where;
        _mapping = node as YamlMappingNode ?? throw new KubeConfigException(
            $"{file}: line {node.Start.Line}: {(where.Length > 0 ? where : "the file")} must be keys and values; write it as \"key: value\""
            + (where.Length > 0 ? "" : ", or give another file"));
    }

    /// <summary>The one document of a text, which may be anybody's: aliases are not read.</summary>
    /// <exception cref="KubeConfigException">It is none, or no mapping.</exception>
    public static KubeConfigNode Parse(string text, string file)
    {
        var documents = ParseAll(text, file, allowsAliases: false);
        return documents.Count == 1 ? documents[0] : throw new KubeConfigException($"{file}: holds {documents.Count} documents and not one; keep one");
    }

    /// <summary>The documents of a text, empty ones apart.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">For the error.</param>
    /// <param name="allowsAliases">As for <see cref="PlainYaml"/>.</param>
    /// <exception cref="KubeConfigException">It is no YAML, or a document is no mapping.</exception>
    public static List<KubeConfigNode> ParseAll(string text, string file, bool allowsAliases)
    {
        YamlStream stream;
        try
        {
            stream = PlainYaml.Load(text, allowsAliases);
        }
        catch (YamlException e)
        {
            throw new KubeConfigException($"{file}: line {e.Start.Line}: no YAML ({e.Message}); correct the line, or give another file", e);
        }

        return [.. stream.Documents.Select(static d => d.RootNode).Where(static n => n is not YamlScalarNode { Value: "" or null })
            .Select(n => new KubeConfigNode(n, file, ""))];
    }

    public KubeConfigException Error(string what) => new($"{_file}: line {_mapping.Start.Line}: {_where} {what}");

    /// <summary>Null when the key is absent or null.</summary>
    public string? Text(string key) => Find(key) is not { } node ? null
        : node is YamlScalarNode scalar ? scalar.Value
        : throw Error($"{key} must be a single value; write one");

    public bool Boolean(string key) => Text(key) switch
    {
        null or "" or "false" => false,
        "true" => true,
        var other => throw Error($"{key} is \"{other}\", neither true nor false; write one of them"),
    };

    public KubeConfigNode? Mapping(string key) => Find(key) is { } node ? new KubeConfigNode(node, _file, Inside(key)) : null;

    public IEnumerable<KubeConfigNode> Items(string key) =>
        Sequence(key).Select((item, index) => new KubeConfigNode(item, _file, $"{Inside(key)}[{index}]"));

    public IReadOnlyList<string> Texts(string key) =>
        [.. Sequence(key).Select(item => (item as YamlScalarNode)?.Value ?? throw Error($"{key} must be a list of texts; write it as [a, b]"))];

    /// <summary>This mapping as names with lists of texts.</summary>
    public Dictionary<string, IReadOnlyList<string>> Lists() =>
        _mapping.Children.Keys.OfType<YamlScalarNode>()
            .ToDictionary(static k => k.Value ?? "", k => Texts(k.Value ?? ""), StringComparer.Ordinal);

    /// <summary>key-data in base64 goes before a file under key.</summary>
    public PemSource? Pem(string key)
    {
        if (Text($"{key}-data") is not { Length: > 0 } data)
        {
            return FilePath(key) is { } path ? PemSource.FromFile(path) : null;
        }

        try
        {
            return PemSource.FromBytes(Convert.FromBase64String(data));
        }
        catch (FormatException e)
        {
            throw new KubeConfigException(Error($"{key}-data is no base64; write the file's bytes so, or name the file with {key}").Message, e);
        }
    }

    /// <summary>A path under a key, made absolute.</summary>
    public string? FilePath(string key) => Text(key) is { Length: > 0 } path ? Resolve(path) : null;

    /// <summary>Relative paths count from the file's folder.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, Path.GetDirectoryName(_file)!);

    /// <summary>All of it as JSON.</summary>
    public JsonObject ToJson() => ToObject(_mapping);

    /// <summary>What lies under a key as JSON text.</summary>
    public string? Json(string key) => Find(key) is { } node ? ToJson(node)?.ToJsonString() : null;

    private JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping => ToObject(mapping),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(c => ToJson(c))]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } scalar => JsonValue.Create(scalar.Value == "true"),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "null" or "~" or "" } => null,
        YamlScalarNode { Style: ScalarStyle.Plain } scalar when long.TryParse(scalar.Value, out var number) => JsonValue.Create(number),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };

    private JsonObject ToObject(YamlMappingNode mapping)
    {
        var result = new JsonObject();
        foreach (var (key, value) in mapping.Children)
        {
            result[(key as YamlScalarNode)?.Value ?? throw Error("has a key that is no text")] = ToJson(value);
        }

        return result;
    }

    private string Inside(string key) => _where.Length > 0 ? $"{_where}.{key}" : key;

    private IEnumerable<YamlNode> Sequence(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode sequence => sequence.Children,
        _ => throw Error($"{key} must be a list; write it as [a, b]"),
    };

    private YamlNode? Find(string key) =>
        _mapping.Children.TryGetValue(new YamlScalarNode(key), out var node)
        && node is not YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" }
            ? node
            : null;
}
