namespace ClusterProxy.Agent.Servers;

/// <summary>How many tunnels an agent wants. Never below one, whatever servers and leases say.</summary>
internal static class WantedServers
{
    /// <param name="source">The flag.</param>
    /// <param name="announced">Of servers' response headers: the largest of the live tunnels and the last one seen; 0 before any.</param>
    /// <param name="leases">Valid leases; null when they are not counted.</param>
    public static int Count(ServerCountSource source, int announced, int? leases)
    {
        var wanted = leases switch
        {
            null => announced,
            { } counted when source == ServerCountSource.Max => Math.Max(Math.Max(counted, 1), announced),
            { } counted => counted,
        };
        return Math.Max(wanted, 1);
    }
}
