using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Gateway.Identities;

/// <summary>
/// YAML of whoever may write a cluster's Secret, which must not be able to end the process or to eat its memory: the reader follows nesting
/// by its stack, and a short text with aliases can stand for a very long one.
/// </summary>
internal static class PlainYaml
{
    private const int MaxDepth = 32;

    /// <exception cref="YamlException">It is no YAML, or more than is read here.</exception>
    public static YamlStream Load(string text, bool allowsAliases)
    {
        var parser = new Parser(new StringReader(text));
        var depth = 0;
        while (parser.MoveNext())
        {
            var node = parser.Current!;
            depth += node.NestingIncrease;
            if (depth > MaxDepth)
            {
                throw new YamlException(node.Start, node.End, $"nested more than {MaxDepth} levels deep");
            }

            if (node is AnchorAlias && !allowsAliases)
            {
                throw new YamlException(node.Start, node.End, "aliases are not read here; write the value out");
            }
        }

        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml;
    }
}
