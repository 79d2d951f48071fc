namespace ClusterProxy.Hosting.Flags;

/// <summary>Finds what a mistyped name was probably meant to be.</summary>
internal static class NearestName
{
    /// <summary>
    /// A name that the typed one begins, else the one with the fewest edits; null when more than half of the letters would
    /// have to change.
    /// </summary>
    public static string? Find(string mistyped, IEnumerable<string> known)
    {
        var best = known
            .Select(name => (Name: name, Edits: Distance(mistyped, name)))
            .OrderByDescending(candidate => mistyped.Length > 1 && candidate.Name.StartsWith(mistyped, StringComparison.Ordinal))
            .ThenBy(candidate => candidate.Edits)
            .FirstOrDefault();
        return best.Name is not null && best.Edits <= Math.Max(mistyped.Length, best.Name.Length) / 2 ? best.Name : null;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.</summary>
    internal static int Distance(string from, string to)
    {
        var beforePrevious = new int[to.Length + 1];
        var previous = Enumerable.Range(0, to.Length + 1).ToArray();
        var current = new int[to.Length + 1];
        for (var i = 1; i <= from.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, 1 + Math.Min(previous[j], current[j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    current[j] = Math.Min(current[j], beforePrevious[j - 2] + 1);
                }
            }

            (beforePrevious, previous, current) = (previous, current, beforePrevious);
        }

        return previous[to.Length];
    }
}
