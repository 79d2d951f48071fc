namespace ClusterProxy.Hosting.Flags;

/// <summary>Words as a sentence lists them: "a, b or c".</summary>
internal static class Alternatives
{
    public static string Join(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} or {words[^1]}";
}
