using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Hosting.Flags;

/// <summary>Makes of a type of items the type of comma-separated, repeatable lists of them.</summary>
internal static class ListFlagType
{
    public static FlagType<IReadOnlyList<T>> Of<T>(FlagType<T> item)
        where T : notnull
    {
        return new(item.Placeholder + "s", TryParse, values => string.Join(',', values.Select(item.Format)), item.Mismatch)
        {
            Combine = (earlier, later) => [.. earlier, .. later],
            FindRefused = FindRefused,
        };

        bool TryParse(string text, [MaybeNullWhen(false)] out IReadOnlyList<T> values)
        {
            var read = new List<T>();
            values = read;
            if (!CommaList.TryParse(text, out var parts))
            {
                return false;
            }

            foreach (var part in parts)
            {
                if (!item.TryParse(part, out var value))
                {
                    return false;
                }

                read.Add(value);
            }

            return true;
        }

        string FindRefused(string text) =>
            CommaList.TryParse(text, out var parts) ? parts.First(part => !item.TryParse(part, out _)) : text;
    }
}
