using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Kubernetes.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>Reads the file of <c>--access-policy</c>. Everything unknown is an error: a misspelt key would otherwise widen a rule.</summary>
internal static class AccessPolicyFile
{
    private static readonly string[] Verbs =
        [PolicyRule.Any, "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "post", "put", "head", "options"];

    /// <exception cref="StartupException">The file cannot be used now.</exception>
    public static ReloadingFile<AccessPolicy> Load(FlagFile file) => new([file], texts => Parse(file, texts[0]));

    /// <exception cref="StartupException">One sentence with the file, the line and what to write.</exception>
    public static AccessPolicy Parse(FlagFile file, string text)
    {
        try
        {
            var yaml = PlainYaml.Load(text, allowsAliases: true);
            return yaml.Documents is [{ RootNode: YamlMappingNode root }] && root.Children.Count == 1
                && root.Children.TryGetValue("rules", out var rules)
                ? new AccessPolicy([.. Items(file, rules, "rules").Select(r => Rule(file, r))])
                : throw new StartupException($"{file}: a policy is one key, rules, with a list of rules; `rules: []` denies everything");
        }
        catch (YamlException e)
        {
            throw new StartupException($"{file}: line {e.Start.Line}: {e.Message}", e);
        }
    }

    private static PolicyRule Rule(FlagFile file, YamlNode node)
    {
        var rule = new PolicyRule { Clusters = [], Verbs = [] };
        foreach (var (key, value) in (node as YamlMappingNode ?? throw Fault(file, node, "a rule is keys and values")).Children)
        {
            rule = ((key as YamlScalarNode)?.Value) switch
            {
                "users" => rule with { Users = List(file, value, "users") },
                "groups" => rule with { Groups = List(file, value, "groups") },
                "clusters" => rule with { Clusters = List(file, value, "clusters") },
                "verbs" => rule with { Verbs = List(file, value, "verbs", Verbs.Contains, $"one of {string.Join(", ", Verbs)}") },
                "resources" => rule with { Resources = List(file, value, "resources") },
                "namespaces" => rule with { Namespaces = List(file, value, "namespaces") },
                "paths" => rule with { Paths = List(file, value, "paths", static p => p[0] is '/' or '*', "a path that begins with a slash") },
                var unknown => throw Fault(
                    file, key, $"\"{unknown}\" is no key; known are users, groups, clusters, verbs, resources, namespaces, paths"),
            };
        }

        return rule.Users.Count + rule.Groups.Count == 0 ? throw Fault(file, node, "a rule needs users or groups; users: [\"*\"] is everybody who is known")
            : rule.Clusters.Count == 0 ? throw Fault(file, node, "a rule needs clusters; write [\"*\"] for all")
            : rule.Verbs.Count == 0 ? throw Fault(file, node, "a rule needs verbs; write [\"*\"] for all")
            : rule;
    }

    private static string[] List(FlagFile file, YamlNode node, string key, Func<string, bool>? isValid = null, string form = "") =>
        [.. Items(file, node, key).Select(i => i is YamlScalarNode { Value.Length: > 0 } scalar && isValid?.Invoke(scalar.Value) != false
            ? scalar.Value
            : throw Fault(file, i, $"{key}: \"{i}\" is not {(form.Length > 0 ? form : "a single value")}"))];

    /// <summary>An empty list may be meant as nothing, and would be read as everything.</summary>
    private static IEnumerable<YamlNode> Items(FlagFile file, YamlNode node, string key) =>
        node is not YamlSequenceNode sequence ? throw Fault(file, node, $"{key} must be a list, such as \"{key}: [a, b]\"")
        : sequence.Children.Count == 0 && key != "rules" ? throw Fault(file, node, $"{key} is empty; leave it out or fill it")
        : sequence.Children;

    private static StartupException Fault(FlagFile file, YamlNode node, string problem) => new($"{file}: line {node.Start.Line}: {problem}");
}
