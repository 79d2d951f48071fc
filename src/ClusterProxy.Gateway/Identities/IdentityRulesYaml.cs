using System.Text.RegularExpressions;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Kubernetes.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Gateway.Identities;

/// <summary>
/// Reads a ClusterGatewayProxyConfiguration. Everything unknown is an error, and so is a rule that could not work: a slip in a list of
/// identities must not go unnoticed.
/// </summary>
internal static class IdentityRulesYaml
{
    private const string Kind = "ClusterGatewayProxyConfiguration";

    /// <param name="text">YAML.</param>
    /// <param name="onlyFor">The cluster whose annotation it is; null for a file.</param>
    /// <exception cref="FormatException">Line, what is wrong, what to write.</exception>
    public static IdentityRules Parse(string text, string? onlyFor = null)
    {
        try
        {
            var yaml = PlainYaml.Load(text, allowsAliases: onlyFor is null);
            return yaml.Documents is [{ RootNode: YamlMappingNode root }]
                ? Document(root, onlyFor)
                : throw new FormatException($"one YAML document of kind {Kind} is expected");
        }
        catch (YamlException e)
        {
            throw new FormatException($"line {e.Start.Line}: {e.Message}", e);
        }
    }

    private static IdentityRules Document(YamlMappingNode root, string? onlyFor)
    {
        YamlNode? spec = null;
        foreach (var (key, value) in Keys(root, "the document"))
        {
            switch (key)
            {
                case "kind" when Text(value) != Kind:
                    throw Fault(value, $"kind is \"{Text(value)}\", not {Kind}");
                case "kind" or "apiVersion" or "metadata":
                    break;
                case "spec":
                    spec = value;
                    break;
                default:
                    throw Fault(value, $"\"{key}\" is no key; known are apiVersion, kind, metadata, spec");
            }
        }

        var exchanger = spec is null ? null : Only(spec, "spec", "clientIdentityExchanger");
        var rules = exchanger is null ? null : Only(exchanger, "clientIdentityExchanger", "rules");
        return rules switch
        {
            null => IdentityRules.None,
            YamlSequenceNode list => new IdentityRules([.. list.Children.Select((r, i) => Rule(r, i, onlyFor))]),
            _ => throw Fault(rules, "rules must be a list"),
        };
    }

    private static YamlNode? Only(YamlNode node, string where, string name)
    {
        YamlNode? found = null;
        foreach (var (key, value) in Keys(node, where))
        {
            found = key == name ? value : throw Fault(value, $"\"{key}\" is no key of {where}; known is {name}");
        }

        return found;
    }

    private static IdentityRule Rule(YamlNode node, int index, string? onlyFor)
    {
        var name = $"{index + 1}";
        IdentityRuleType? type = null;
        IdentitySource? source = null;
        ForwardedIdentity? target = null;
        foreach (var (key, value) in Keys(node, "a rule"))
        {
            switch (key)
            {
                case "name":
                    name = Text(value);
                    break;
                case "type":
                    type = Type(value);
                    break;
                case "source":
                    source = Source(value);
                    break;
                case "target":
                    target = Target(value);
                    break;
                default:
                    throw Fault(value, $"\"{key}\" is no key of a rule; known are name, type, source, target");
            }
        }

        source = onlyFor is null ? source : (source ?? new IdentitySource()) with { Cluster = onlyFor };
        return type is null ? throw Fault(node, $"rule {name} has no type")
            : source is null ? throw Fault(node, $"rule {name} has no source; say whom it is for")
            : (type, target) switch
            {
                (IdentityRuleType.Privileged, null) => new IdentityRule(name, source, ForwardedIdentity.AsGateway),
                (IdentityRuleType.Privileged, _) => throw Fault(node, $"rule {name} is privileged and has a target; leave one of them out"),
                (_, null) => throw Fault(node, $"rule {name} has no target"),
                (_, { } named) => new IdentityRule(name, source, named),
            };
    }

    private static IdentityRuleType Type(YamlNode node) => Text(node) switch
    {
        "PrivilegedIdentityExchanger" => IdentityRuleType.Privileged,
        "StaticMappingIdentityExchanger" => IdentityRuleType.StaticMapping,
        "ExternalIdentityExchanger" => throw Fault(
            node, "ExternalIdentityExchanger is not supported: no request would be forwarded; use StaticMappingIdentityExchanger"),
        var other => throw Fault(
            node, $"\"{other}\" is no type; known are PrivilegedIdentityExchanger, StaticMappingIdentityExchanger"),
    };

    private static IdentitySource Source(YamlNode node)
    {
        var source = new IdentitySource();
        foreach (var (key, value) in Keys(node, "source"))
        {
            source = key switch
            {
                "user" => source with { User = Text(value) },
                "group" => source with { Group = Text(value) },
                "uid" => source with { Uid = Text(value) },
                "cluster" => source with { Cluster = Text(value) },
                "userPattern" => source with { UserPattern = Pattern(value) },
                "groupPattern" => source with { GroupPattern = Pattern(value) },
                "clusterPattern" => source with { ClusterPattern = Pattern(value) },
                _ => throw Fault(
                    value, $"\"{key}\" is no key of source; known are user, group, uid, cluster, userPattern, groupPattern, clusterPattern"),
            };
        }

        return source == new IdentitySource() ? throw Fault(node, "source is empty; say whom the rule is for") : source;
    }

    private static ForwardedIdentity Target(YamlNode node)
    {
        var (user, uid, groups) = ("", "", Array.Empty<string>());
        foreach (var (key, value) in Keys(node, "target"))
        {
            switch (key)
            {
                case "user":
                    user = Name(value);
                    break;
                case "uid":
                    uid = Text(value);
                    break;
                case "groups":
                    groups = value is YamlSequenceNode list ? [.. list.Children.Select(Name)] : throw Fault(value, "groups must be a list");
                    break;
                default:
                    throw Fault(value, $"\"{key}\" is no key of target; known are user, groups, uid");
            }
        }

        return user.Length == 0
            ? throw Fault(node, "target has no user, and no API server impersonates groups alone; name one")
            : ForwardedIdentity.Impersonate(user, uid, groups);
    }

    private static string Name(YamlNode node) => IdentityGuard.MayBeTarget(Text(node))
        ? Text(node)
        : throw Fault(node, $"\"{Text(node)}\" is reserved in the managed cluster and cannot be a target");

    /// <summary>Linear time, as in Go: callers choose what is matched.</summary>
    private static Regex Pattern(YamlNode node)
    {
        try
        {
            return new Regex(Text(node), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw Fault(node, $"\"{Text(node)}\" is no regular expression that can be used ({e.Message})");
        }
    }

    private static IEnumerable<(string Key, YamlNode Value)> Keys(YamlNode node, string where) => node is YamlMappingNode mapping
        ? mapping.Children.Select(static c => (Text(c.Key), c.Value))
        : throw Fault(node, $"{where} must be keys and values");

    private static string Text(YamlNode node) =>
        node is YamlScalarNode { Value.Length: > 0 } scalar ? scalar.Value : throw Fault(node, "a single value that is not empty is expected");

    private static FormatException Fault(YamlNode node, string problem) => new($"line {node.Start.Line}: {problem}");
}
