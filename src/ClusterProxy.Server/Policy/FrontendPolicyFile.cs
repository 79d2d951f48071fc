using System.Globalization;
using System.Net;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Kubernetes.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Server.Policy;

/// <summary>
/// Reads the file of <c>--frontend-policy</c>. Everything unknown is an error: a misspelt key in an allow-list would otherwise widen it.
/// </summary>
internal static class FrontendPolicyFile
{
    private static readonly string[] SubjectKinds = ["cn:", "dns:", "uri:", "uid:", "gid:"];

    public static ReloadingFile<FrontendPolicy> Load(FlagFile file) => new([file], texts => Parse(file, texts[0]));

    /// <exception cref="StartupException">One sentence with the file, the line and what to write.</exception>
    public static FrontendPolicy Parse(FlagFile file, string text)
    {
        try
        {
            var yaml = PlainYaml.Load(text, allowsAliases: true);
            if (yaml.Documents is not [{ RootNode: YamlMappingNode root }] || root.Children.Count != 1
                || !root.Children.TryGetValue("rules", out var rules))
            {
                throw new StartupException($"{file}: a policy is one key, rules, with a list of rules; write `rules:` and the list below it, or `rules: []` to deny every dial");
            }

            return new FrontendPolicy([.. Items(file, rules, "rules").Select(r => Rule(file, r))]);
        }
        catch (YamlException e)
        {
            throw new StartupException($"{file}: line {e.Start.Line}: {e.Message}; correct the line, values that begin with * or [ need quotes", e);
        }
    }

    private static FrontendRule Rule(FlagFile file, YamlNode node)
    {
        var rule = new FrontendRule { Subjects = [] };
        foreach (var (key, value) in (node as YamlMappingNode ?? throw Fault(file, node, "a rule is keys and values; write `- subjects: [...]`, and its other keys below")).Children)
        {
            rule = ((key as YamlScalarNode)?.Value) switch
            {
                "subjects" => rule with { Subjects = List(file, value, "subjects", IsSubject, "* or cn:, dns:, uri:, uid: or gid: and a value") },
                "clusters" => rule with { Clusters = List(file, value, "clusters", IsCluster, "* or the name of a cluster") },
                "hosts" => rule with { Hosts = List(file, value, "hosts", IsHost, "*, a host name, an address without brackets and port, or *. and a suffix") },
                "cidrs" => rule with { Cidrs = [.. Scalars(file, value, "cidrs").Select(s => Cidr(file, s))] },
                "ports" => rule with { Ports = [.. Scalars(file, value, "ports").Select(s => Ports(file, s))] },
                var unknown => throw Fault(file, key, $"\"{unknown}\" is no key; write one of subjects, clusters, hosts, cidrs, ports"),
            };
        }

        return rule.Subjects.Count == 0 ? throw Fault(file, node, "a rule needs subjects; write [\"*\"] for everybody")
            : rule.Clusters.Count + rule.Hosts.Count + rule.Cidrs.Count == 0
                ? throw Fault(file, node, "a rule needs clusters, hosts or cidrs; write hosts: [\"*\"] for every target that is a name or address")
            : rule;
    }

    private static string[] List(FlagFile file, YamlNode node, string key, Func<string, bool> isValid, string form) =>
        [.. Scalars(file, node, key).Select(s => isValid(s.Value!) ? s.Value! : throw Fault(file, s, $"{key}: \"{s.Value}\" is not understood; write {form}"))];

    private static IEnumerable<YamlScalarNode> Scalars(FlagFile file, YamlNode node, string key) =>
        Items(file, node, key).Select(i => i is YamlScalarNode { Value.Length: > 0 } scalar ? scalar : throw Fault(file, i, $"{key}: an item is a single value; write \"{key}: [a, b]\""));

    private static IEnumerable<YamlNode> Items(FlagFile file, YamlNode node, string key) =>
        node is YamlSequenceNode sequence ? sequence.Children : throw Fault(file, node, $"{key} must be a list; write \"{key}: [a, b]\"");

    private static bool IsSubject(string text) => text == FrontendRule.Any
        || SubjectKinds.Any(k => text.StartsWith(k, StringComparison.Ordinal) && text.Length > k.Length);

    private static bool IsCluster(string text) => text == FrontendRule.Any || DnsLabel.IsValid(text);

    /// <summary>What no target has for its host, such as one with a port, would be a rule that allows nothing and looks as if it did.</summary>
    private static bool IsHost(string text) => text == FrontendRule.Any
        || (text.StartsWith("*.", StringComparison.Ordinal)
            ? DialTarget.TryParse($"{text[2..]}:1", out var suffix) && suffix.Address is null
            : DialTarget.TryParse(text.Contains(':', StringComparison.Ordinal) ? $"[{text}]:1" : $"{text}:1", out _));

    /// <summary>Bits behind the prefix are a slip: 10.1.2.3/8 may have been meant as one host.</summary>
    private static IPNetwork Cidr(FlagFile file, YamlScalarNode node) =>
        IPNetwork.TryParse(node.Value, out var network)
        && IPAddress.TryParse(node.Value!.Split('/')[0], out var written) && written.Equals(network.BaseAddress)
        ? network
        : throw Fault(file, node, $"cidrs: \"{node.Value}\" is not a network; write one such as 10.0.0.0/8, without bits behind the prefix");

    private static (int First, int Last) Ports(FlagFile file, YamlScalarNode node)
    {
        var ends = node.Value!.Split('-');
        return ends.Length <= 2 && TryPort(ends[0], out var first) && TryPort(ends[^1], out var last) && first <= last
            ? (first, last)
            : throw Fault(file, node, $"ports: \"{node.Value}\" is not a port or a range; write one such as 443 or 8000-8999");
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= IPEndPoint.MaxPort;

    private static StartupException Fault(FlagFile file, YamlNode node, string problem) => new($"{file}: line {node.Start.Line}: {problem}");
}
