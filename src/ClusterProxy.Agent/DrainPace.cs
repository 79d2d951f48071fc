namespace ClusterProxy.Agent;

/// <summary>
/// When something that is drained counts as quiet. Servers need a moment to learn of a drain, and a frontend that has just chosen a
/// tunnel still sends its dial; a drain that ended at once would break both.
/// </summary>
internal static class DrainPace
{
    public static readonly TimeSpan Check = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(5);

    public static int QuietChecks => (int)(QuietPeriod / Check);
}
