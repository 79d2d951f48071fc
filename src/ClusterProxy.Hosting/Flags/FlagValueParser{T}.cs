using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Hosting.Flags;

/// <summary>Reads one value from its text.</summary>
public delegate bool FlagValueParser<T>(string text, [MaybeNullWhen(false)] out T value)
    where T : notnull;
