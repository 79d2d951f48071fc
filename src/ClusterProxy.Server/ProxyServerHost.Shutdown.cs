namespace ClusterProxy.Server;

/// <summary>How a server leaves.</summary>
internal sealed partial class ProxyServerHost
{
    /// <summary>For closing packets to get through before the transport is cut.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LeaveCheck = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan AgentCheck = TimeSpan.FromMilliseconds(250);

    /// <summary>For the last agents to have connected elsewhere before this server ends their tunnels.</summary>
    private static readonly TimeSpan AgentsAhead = TimeSpan.FromSeconds(5);

    /// <summary>Fifty handshakes a second cost the other servers a tenth of a core; a handful of agents need not be spread over half a minute.</summary>
    private static readonly TimeSpan TimeOfAnAgent = TimeSpan.FromMilliseconds(20);

    private async Task CloseAsync()
    {
        _logger.ShutdownStarted(
            Agents.Tunnels.Sum(static t => t.ConnectionCount), _options.GracefulShutdownTimeout);
        _readiness.Stop();
        _agentService.Close();
        var started = _time.GetTimestamp();
        var grace = _options.GracefulShutdownTimeout;
        var moving = MoveAgentsAsync(started);
        await Task.Delay(_options.ShutdownDelay < grace / 3 ? _options.ShutdownDelay : grace / 3, _time);
        Frontends.Drain();
        using var cut = new CancellationTokenSource();
        var frontends = Task.WhenAll(_frontendPlane.StopAsync(cut.Token), Fleet?.StopAsync(cut.Token) ?? Task.CompletedTask);
        if (!await LeaveAsync(frontends, started))
        {
            _logger.ShutdownForced(Agents.Tunnels.Sum(static t => t.ConnectionCount));
            Router.Shutdown();
            Frontends.Shutdown();
            Fleet?.Served.Shutdown();
        }

        // Clients that keep their transport open although nothing runs on it any more.
        if (!await FinishesAsync(frontends, LastWords))
        {
            await cut.CancelAsync();
        }

        await frontends;
        Router.Close();
        await moving;
        foreach (var tunnel in Agents.Tunnels)
        {
            tunnel.Stop();
        }

        using var end = new CancellationTokenSource(LastWords, _time);
        await _agentPlane.StopAfterCallsAsync(end.Token);
        _logger.ShutdownFinished();
    }

    /// <summary>
    /// Asks the agents to look for another server, and waits until they have had the time. So long other servers find some of them nowhere
    /// else: these are asked to dial elsewhere where they can, and leave behind the agents.
    /// </summary>
    private async Task MoveAgentsAsync(long started)
    {
        var tunnels = Agents.Tunnels;
        var longest = Left(started) > AgentsAhead ? Left(started) - AgentsAhead : TimeSpan.Zero;
        var within = TimeOfAnAgent * tunnels.Length < longest ? TimeOfAnAgent * tunnels.Length : longest;
        foreach (var tunnel in tunnels)
        {
            tunnel.AskToMove(within);
        }

        Fleet?.Served.AskToMove();
        await Task.Delay(within, _time);
        if (Fleet is null)
        {
            return;
        }

        var moved = _time.GetTimestamp();
        while (_time.GetElapsedTime(moved) < AgentsAhead && Left(started) > TimeSpan.Zero && !Fleet.Served.IsEmpty && !Fleet.HasAgentsElsewhere)
        {
            await Task.Delay(AgentCheck, _time);
        }

        Fleet.Served.Drain();
    }

    /// <summary>
    /// Waits until frontends have left, or nobody has been here for a while: a stream that was opened just before its client learned of
    /// the end comes when all others may have gone, and it is served like them. False when the grace is over.
    /// </summary>
    private async Task<bool> LeaveAsync(Task frontends, long started)
    {
        var emptySince = _time.GetTimestamp();
        while (Left(started) > TimeSpan.Zero)
        {
            if (await Task.WhenAny(frontends, Task.Delay(LeaveCheck, _time)) == frontends)
            {
                return true;
            }

            emptySince = Frontends.IsEmpty && Fleet?.Served.IsEmpty != false ? emptySince : _time.GetTimestamp();
            if (_time.GetElapsedTime(emptySince) >= LastWords)
            {
                return true;
            }
        }

        return false;
    }

    private TimeSpan Left(long started)
    {
        var left = _options.GracefulShutdownTimeout - _time.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task<bool> FinishesAsync(Task work, TimeSpan limit)
    {
        try
        {
            await work.WaitAsync(limit, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
