namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>A request as it came over the wire.</summary>
/// <param name="Line">The request line.</param>
/// <param name="Headers">In their order, names as spelled.</param>
/// <param name="Body">Without its framing.</param>
internal sealed record RawRequest(string Line, IReadOnlyList<KeyValuePair<string, string>> Headers, string Body)
{
    public string Method => Line.Split(' ')[0];

    public string Target => Line.Split(' ')[1];

    public IEnumerable<string> Values(string name) =>
        Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static h => h.Value);
}
