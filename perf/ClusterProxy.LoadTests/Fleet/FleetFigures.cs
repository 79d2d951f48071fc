namespace ClusterProxy.LoadTests.Fleet;

/// <param name="Agents">In the fleet.</param>
/// <param name="SettleSeconds">Until each had its two tunnels and no other, from the first one's start.</param>
/// <param name="TunnelKilobytes">Of all servers' memory, a tunnel; the first quarter is not counted.</param>
/// <param name="IdleMicroseconds">Of processor time of the servers a second, a tunnel, while nobody dials: pings.</param>
/// <param name="ServerMegabytes">Greatest resident set of a server.</param>
/// <param name="Spread">Tunnels of the fullest server over the mean.</param>
/// <param name="P50">Of a dial with its echo, in milliseconds.</param>
/// <param name="P99">Likewise.</param>
/// <param name="ForwardedShare">Of dials that came to a server without the agent.</param>
/// <param name="RestartSeconds">All servers, one after the other.</param>
/// <param name="RestartP99">Of dials during the restart, in milliseconds.</param>
/// <param name="RestartDials">Dials during the restart.</param>
/// <param name="Unreachable">Of all dials, those that failed.</param>
internal sealed record FleetFigures(
    int Agents, double SettleSeconds, double TunnelKilobytes, double IdleMicroseconds, double ServerMegabytes, double Spread, double P50, double P99, double ForwardedShare,
    double RestartSeconds, double RestartP99, long RestartDials, int Unreachable);
