namespace ClusterProxy.Hosting.Flags;

/// <summary>How values of one type are read, printed and repeated on a command line.</summary>
internal sealed record FlagType<T>(string Placeholder, FlagValueParser<T> TryParse, Func<T, string> Format, string Mismatch)
    where T : notnull
{
    public string? BareValue { get; init; }

    /// <summary>What a second occurrence does with the first; null when the last one wins.</summary>
    public Func<T, T, T>? Combine { get; init; }
}
