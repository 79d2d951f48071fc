namespace ClusterProxy.Hosting.Flags;

/// <summary>How values of one type are read and printed on a command line.</summary>
/// <param name="Placeholder">What <c>--help</c> shows behind the name.</param>
/// <param name="TryParse">Reads one value.</param>
/// <param name="Format">Prints the default in <c>--help</c>.</param>
/// <param name="Mismatch">Follows a refused value in the error: what it is not, a colon, and what to write.</param>
public sealed record FlagType<T>(string Placeholder, FlagValueParser<T> TryParse, Func<T, string> Format, string Mismatch)
    where T : notnull
{
    /// <summary>The value of a flag that stands alone; null when the flag needs one.</summary>
    internal string? BareValue { get; init; }

    /// <summary>What a second occurrence does with the first; null when the last one wins.</summary>
    internal Func<T, T, T>? Combine { get; init; }

    /// <summary>The part of a refused text that is wrong.</summary>
    internal Func<string, string> FindRefused { get; init; } = text => text;
}
