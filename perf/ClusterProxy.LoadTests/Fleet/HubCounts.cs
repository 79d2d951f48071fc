using ClusterProxy.Testing;

namespace ClusterProxy.LoadTests.Fleet;

/// <summary>What servers say of themselves.</summary>
/// <param name="Tunnels">Of agents.</param>
/// <param name="Leaving">Of these, the ones that are left for others.</param>
/// <param name="Known">Tunnels that other servers told of.</param>
/// <param name="Dials">Of frontends, connected.</param>
/// <param name="Forwarded">Of these, at another server.</param>
/// <param name="Admitted">Handshakes of agents that went on.</param>
/// <param name="Waiting">Those that wait for their turn.</param>
/// <param name="Refused">Those that were turned away, or came too late.</param>
internal sealed record HubCounts(
    double Tunnels, double Leaving, double Known, double Dials, double Forwarded, double Admitted, double Waiting, double Refused)
{
    /// <param name="metrics">A page of <c>/metrics</c>.</param>
    public static HubCounts Of(string metrics)
    {
        var families = PrometheusTextParser.Parse(metrics);
        return new(
            Sum("agent_tunnels"), Sum("agent_tunnels", ("state", "draining")), Sum("peer_tunnels"),
            Sum("dials_total", ("result", "connected")) - Sum("dials_total", ("result", "connected"), ("frontend", "peer")),
            Sum("forwarded_dials_total", ("result", "connected")),
            Sum("agent_handshakes_total", ("result", "at_once")) + Sum("agent_handshakes_total", ("result", "delayed")),
            Sum("agent_handshakes_waiting"),
            Sum("agent_handshakes_total", ("result", "refused")) + Sum("agent_handshakes_total", ("result", "too_late")));

        double Sum(string name, params (string Name, string Value)[] labels) =>
            families.GetValueOrDefault($"clusterproxy_server_{name}")?.Samples
                .Where(s => labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Sum(static s => s.Value) ?? 0;
    }

    public static HubCounts operator +(HubCounts left, HubCounts right) => new(
        left.Tunnels + right.Tunnels, left.Leaving + right.Leaving, left.Known + right.Known, left.Dials + right.Dials,
        left.Forwarded + right.Forwarded, left.Admitted + right.Admitted, left.Waiting + right.Waiting, left.Refused + right.Refused);
}
