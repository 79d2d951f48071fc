using System.Globalization;
using ClusterProxy.Kubernetes.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Cli.Certs;

/// <summary>
/// Reads the file of <c>certs dev --config</c>. The node model is used instead of YamlDotNet's deserializer, which needs reflection
/// that trimming takes away.
/// </summary>
internal static class DevPkiConfig
{
    /// <summary>A relative <c>out</c> is relative to the file, so that the command works from any directory.</summary>
    /// <exception cref="FormatException">Not YAML, or not these keys.</exception>
    public static DevPkiOptions Read(string path, TextReader reader)
    {
        try
        {
            var yaml = PlainYaml.Load(reader.ReadToEnd(), allowsAliases: true);
            var options = new DevPkiOptions();
            if (yaml.Documents.Count == 0)
            {
                return options;
            }

            foreach (var (key, value) in Mapping(yaml.Documents[0].RootNode, path).Children)
            {
                options = Apply(options, Scalar(key, path, "a key"), value, path);
            }

            return options;
        }
        catch (YamlException e)
        {
            throw new FormatException($"{path}: line {e.Start.Line}: {e.Message}", e);
        }
    }

    private static DevPkiOptions Apply(DevPkiOptions options, string key, YamlNode value, string path) => key switch
    {
        "out" => options with { Out = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Scalar(value, path, key)) },
        "clusters" => options with { Clusters = List(value, path, key) },
        "servers" => options with { Servers = List(value, path, key) },
        "hosts" => options with { Hosts = List(value, path, key) },
        "days" => options with { Days = Integer(value, path, key) },
        "singleCa" => options with { SingleCa = Boolean(value, path, key) },
        _ => throw new FormatException($"{path}: unknown key \"{key}\"; known are out, clusters, servers, hosts, days, singleCa"),
    };

    private static YamlMappingNode Mapping(YamlNode node, string path) =>
        node as YamlMappingNode ?? throw new FormatException($"{path}: expected keys and values, such as \"days: 30\"");

    private static string Scalar(YamlNode node, string path, string key) =>
        (node as YamlScalarNode)?.Value ?? throw new FormatException($"{path}: {key} must be a single value");

    private static string[] List(YamlNode node, string path, string key) => node is YamlSequenceNode sequence
        ? [.. sequence.Children.Select(c => Scalar(c, path, key))]
        : throw new FormatException($"{path}: {key} must be a list, such as \"{key}: [a, b]\"");

    private static int Integer(YamlNode node, string path, string key) =>
        int.TryParse(Scalar(node, path, key), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{path}: {key} must be a whole number");

    private static bool Boolean(YamlNode node, string path, string key) => Scalar(node, path, key) switch
    {
        "true" => true,
        "false" => false,
        _ => throw new FormatException($"{path}: {key} must be true or false"),
    };
}
