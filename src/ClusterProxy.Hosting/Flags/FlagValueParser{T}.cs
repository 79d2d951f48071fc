using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Hosting.Flags;

internal delegate bool FlagValueParser<T>(string text, [MaybeNullWhen(false)] out T value)
    where T : notnull;
