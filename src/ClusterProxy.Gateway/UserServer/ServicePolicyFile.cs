using System.Globalization;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Kubernetes.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Gateway.UserServer;

/// <summary>
/// Reads the file of <c>--service-policy</c>:
/// <code>
/// rules:
/// - users: [alice]          # or groups; "*" is everybody who is known
///   clusters: [alpha]       # "*" for all
///   services:
///   - { namespace: monitoring, name: prometheus, port: 9090, scheme: http }   # port and scheme may be left out
/// </code>
/// Everything unknown is an error: a misspelt key would otherwise widen a rule.
/// </summary>
internal sealed class ServicePolicyFile
{
    private readonly FlagFile _file;

    private ServicePolicyFile(FlagFile file) => _file = file;

    /// <exception cref="StartupException">The file cannot be used now.</exception>
    public static ReloadingFile<ServicePolicy> Load(FlagFile file) => new([file], texts => Parse(file, texts[0]));

    /// <exception cref="StartupException">One sentence with the file, the line and what to write.</exception>
    public static ServicePolicy Parse(FlagFile file, string text)
    {
        try
        {
            var yaml = PlainYaml.Load(text, allowsAliases: true);
            return yaml.Documents is [{ RootNode: { } root }] ? new ServicePolicyFile(file).Policy(root)
                : throw new StartupException($"{file}: holds no policy; `rules: []` denies everything");
        }
        catch (YamlException e)
        {
            throw new StartupException($"{file}: line {e.Start.Line}: {e.Message}", e);
        }
    }

    private ServicePolicy Policy(YamlNode root)
    {
        IReadOnlyList<ServiceRule>? rules = null;
        foreach (var (key, value) in Fields(root, "a policy", "rules"))
        {
            rules = [.. Items(value, key, mayBeEmpty: true).Select(Rule)];
        }

        return new ServicePolicy(rules ?? throw Fault(root, "a policy needs rules; `rules: []` denies everything"));
    }

    private ServiceRule Rule(YamlNode node)
    {
        var rule = new ServiceRule();
        foreach (var (key, value) in Fields(node, "a rule", "users", "groups", "clusters", "services"))
        {
            rule = key switch
            {
                "users" => rule with { Users = Texts(value, key) },
                "groups" => rule with { Groups = Texts(value, key) },
                "clusters" => rule with { Clusters = Texts(value, key) },
                _ => rule with { Services = [.. Items(value, key).Select(Pattern)] },
            };
        }

        return rule.Users.Count + rule.Groups.Count == 0 ? throw Fault(node, "a rule needs users or groups; users: [\"*\"] is everybody who is known")
            : rule.Clusters.Count == 0 ? throw Fault(node, "a rule needs clusters; write [\"*\"] for all")
            : rule.Services.Count == 0 ? throw Fault(node, "a rule needs services")
            : rule;
    }

    private ServicePattern Pattern(YamlNode node)
    {
        var pattern = new ServicePattern { Namespace = "", Name = "" };
        foreach (var (key, value) in Fields(node, "a service", "namespace", "name", "port", "scheme"))
        {
            pattern = key switch
            {
                "namespace" => pattern with { Namespace = Text(value, key) },
                "name" => pattern with { Name = Text(value, key) },
                "port" => pattern with { Port = Port(value) },
                _ => pattern with { Scheme = Text(value, key) is "http" or "https" ? Text(value, key) : throw Fault(value, "scheme is http or https") },
            };
        }

        return pattern is { Namespace.Length: > 0, Name.Length: > 0 }
            ? pattern
            : throw Fault(node, "a service needs namespace and name; \"*\" for any");
    }

    private int Port(YamlNode node) =>
        ushort.TryParse(Text(node, "port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : throw Fault(node, "port is a number from 1 to 65535");

    private IEnumerable<(string Key, YamlNode Value)> Fields(YamlNode node, string what, params string[] known)
    {
        var mapping = node as YamlMappingNode ?? throw Fault(node, $"{what} is keys and values");
        foreach (var (key, value) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            yield return known.Contains(name) ? (name, value) : throw Fault(key, $"\"{name}\" is no key of {what}; known are {string.Join(", ", known)}");
        }
    }

    private string[] Texts(YamlNode node, string key) => [.. Items(node, key).Select(i => Text(i, key))];

    private string Text(YamlNode node, string key) =>
        node is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw Fault(node, $"{key} must be a single value");

    /// <summary>An empty list may be meant as nothing, and could be read as everything.</summary>
    private IEnumerable<YamlNode> Items(YamlNode node, string key, bool mayBeEmpty = false) =>
        node is not YamlSequenceNode sequence ? throw Fault(node, $"{key} must be a list")
        : sequence.Children.Count == 0 && !mayBeEmpty ? throw Fault(node, $"{key} is empty; leave it out or fill it")
        : sequence.Children;

    private StartupException Fault(YamlNode node, string problem) => new($"{_file}: line {node.Start.Line}: {problem}");
}
