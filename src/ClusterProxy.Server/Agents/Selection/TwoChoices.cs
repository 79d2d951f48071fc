namespace ClusterProxy.Server.Agents.Selection;

/// <summary>
/// The less loaded of two agents drawn at random. That keeps many agents about as even as looking at all of them would, and servers
/// that know nothing of each other's load do not all run to the same one.
/// </summary>
internal static class TwoChoices
{
    /// <param name="count">How many agents there are.</param>
    /// <param name="agent">One of them, by index.</param>
    /// <param name="eligible">Which tunnels the dial may have.</param>
    /// <param name="firstWins">Whether the agent that came first has the dial when both are equally loaded; else chance decides.</param>
    /// <returns>A draining tunnel only when nobody has another; null when nobody has any.</returns>
    public static AgentTunnel? Pick(int count, Func<int, AgentTunnels> agent, in Eligibility eligible, bool firstWins) =>
        Pick(count, agent, eligible, firstWins, draining: false) ?? Pick(count, agent, eligible, firstWins, draining: true);

    private static AgentTunnel? Pick(int count, Func<int, AgentTunnels> agent, in Eligibility eligible, bool firstWins, bool draining)
    {
        if (count == 0 || Next(Random.Shared.Next(count), except: -1, count, agent, eligible, draining) is not { } one)
        {
            return null;
        }

        if (count == 1 || Next(Random.Shared.Next(count), except: one.Index, count, agent, eligible, draining) is not { } two)
        {
            return one.Tunnel;
        }

        var (oneLoad, twoLoad) = (one.Tunnel.Load, two.Tunnel.Load);
        var secondWins = oneLoad != twoLoad ? twoLoad < oneLoad : firstWins && two.Index < one.Index;
        return secondWins ? two.Tunnel : one.Tunnel;
    }

    /// <summary>The first agent from <paramref name="start"/> on, and around, that has a tunnel to give.</summary>
    private static (int Index, AgentTunnel Tunnel)? Next(
        int start, int except, int count, Func<int, AgentTunnels> agent, in Eligibility eligible, bool draining)
    {
        for (var i = 0; i < count; i++)
        {
            var index = (start + i) % count;
            if (index != except && agent(index).Best(eligible, draining) is { } tunnel)
            {
                return (index, tunnel);
            }
        }

        return null;
    }
}
