namespace ClusterProxy.Hosting.Flags;

/// <summary>The spellings of truth that Go programs accept: no others, so that scripts move between the two unchanged.</summary>
internal static class GoBoolean
{
    public static bool TryParse(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "true" or "True" or "TRUE";
        return value || text is "0" or "f" or "F" or "false" or "False" or "FALSE";
    }
}
