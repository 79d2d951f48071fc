namespace ClusterProxy.Hosting.Metrics;

/// <summary>
/// Tags as recorded: same names, same value objects, same order. Up to three lie in the struct, so that looking one up allocates
/// nothing; callers that use several orders for one label set only cost an entry each.
/// </summary>
internal readonly struct TagKey : IEquatable<TagKey>
{
    private const int Inline = 3;

    private readonly KeyValuePair<string, object?> _first;
    private readonly KeyValuePair<string, object?> _second;
    private readonly KeyValuePair<string, object?> _third;
    private readonly KeyValuePair<string, object?>[]? _rest;
    private readonly int _count;

    public TagKey(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _count = tags.Length;
        _first = tags.Length > 0 ? tags[0] : default;
        _second = tags.Length > 1 ? tags[1] : default;
        _third = tags.Length > 2 ? tags[2] : default;
        _rest = tags.Length > Inline ? tags[Inline..].ToArray() : null;
    }

    public bool Equals(TagKey other) =>
        _count == other._count
        && Same(_first, other._first)
        && Same(_second, other._second)
        && Same(_third, other._third)
        && SameRest(_rest, other._rest);

    public override bool Equals(object? obj) => obj is TagKey other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_count, _first.Value, _second.Value, _third.Value);

    private static bool SameRest(KeyValuePair<string, object?>[]? left, KeyValuePair<string, object?>[]? right)
    {
        for (var i = 0; i < (left?.Length ?? 0); i++)
        {
            if (!Same(left![i], right![i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Same(KeyValuePair<string, object?> left, KeyValuePair<string, object?> right) =>
        string.Equals(left.Key, right.Key, StringComparison.Ordinal) && Equals(left.Value, right.Value);
}
