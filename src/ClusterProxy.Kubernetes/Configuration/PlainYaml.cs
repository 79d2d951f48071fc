using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>
/// YAML that must not be able to end the process or to eat its memory, such as that of whoever may write a cluster's Secret: the reader
/// follows nesting by its stack, what holds itself is nested without end, and a short text with aliases can stand for a very long one.
/// </summary>
public static class PlainYaml
{
    private const int MaxDepth = 32;

    /// <param name="text">YAML, which JSON is part of.</param>
    /// <param name="allowsAliases">Of what has ended before. How much they make of a text is not bounded: only for those whom the process obeys.</param>
    /// <exception cref="YamlException">It is no YAML, or more than is read here.</exception>
    public static YamlStream Load(string text, bool allowsAliases)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            Check(parser, allowsAliases);
            parser = new Parser(new StringReader(text));
            var yaml = new YamlStream();
            yaml.Load(parser);
            return yaml;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // YamlDotNet's own answer to some malformed documents, such as one with an empty tag, without the place where it is.
            var (start, end) = parser.Current is { } last ? (last.Start, last.End) : (Mark.Empty, Mark.Empty);
            throw new YamlException(start, end, $"no YAML that can be read ({e.Message})", e);
        }
    }

    private static void Check(Parser parser, bool allowsAliases)
    {
        // What an anchor names is so many levels high; null until it ends.
        var heights = new Dictionary<AnchorName, int?>();

        // Of what is open at each depth.
        var anchors = new AnchorName[MaxDepth + 1];
        var deepest = new int[MaxDepth + 1];
        var depth = 0;
        while (parser.MoveNext())
        {
            var node = parser.Current!;
            depth += node.NestingIncrease;
            if (depth > MaxDepth)
            {
                throw TooDeep(node);
            }

            switch (node)
            {
                case DocumentStart:
                    heights.Clear();
                    break;
                case MappingStart or SequenceStart:
                    anchors[depth] = ((NodeEvent)node).Anchor;
                    deepest[depth] = depth;
                    heights[anchors[depth]] = null;
                    break;
                case MappingEnd or SequenceEnd:
                    heights[anchors[depth + 1]] = deepest[depth + 1] - depth;
                    deepest[depth] = Math.Max(deepest[depth], deepest[depth + 1]);
                    break;
                case Scalar scalar:
                    heights[scalar.Anchor] = 0;
                    break;
                case AnchorAlias when !allowsAliases:
                    throw new YamlException(node.Start, node.End, "aliases are not read here; write the value out");
                case AnchorAlias alias:
                    var height = heights.GetValueOrDefault(alias.Value)
                        ?? throw new YamlException(node.Start, node.End, $"alias *{alias.Value} stands for nothing that ends before it");
                    deepest[depth] = Math.Max(deepest[depth], depth + height);
                    if (deepest[depth] > MaxDepth)
                    {
                        throw TooDeep(node);
                    }

                    break;
            }
        }
    }

    private static YamlException TooDeep(ParsingEvent node) => new(node.Start, node.End, $"nested more than {MaxDepth} levels deep");
}
