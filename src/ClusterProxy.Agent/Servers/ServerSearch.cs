namespace ClusterProxy.Agent.Servers;

/// <summary>
/// Looks for servers at the configured addresses. Behind a load balancer that chooses at random that means to connect until as many
/// different servers answered as there are; an answer from a server that has a tunnel already is dropped. Where servers say which ones
/// there are, one answer is enough, unless some of them cannot be reached where they are said to be.
/// </summary>
internal sealed class ServerSearch(
    ServerPoolOptions options, ServerConnector connector, ServerTunnels tunnels, FleetFollower fleet, TunnelRenewal renewal,
    TunnelOpener opener, AgentContext context)
{
    private readonly AttemptPace _pace = new(options, context.Time);

    /// <summary>How many tunnels are wanted.</summary>
    public int Wanted => fleet.FanOut > 0 ? fleet.Wanted : Math.Max(fleet.Wanted, Counted);

    /// <summary>As far as it is known from numbers only.</summary>
    private int Counted => WantedServers.Count(options.CountSource, tunnels.AnnouncedCount, options.Leases?.Invoke());

    /// <summary>There may be a server more: what the loop waits for is over.</summary>
    public void LookAgain() => _pace.LookAgain();

    public void Lost(TimeSpan age) => _pace.Lost(age);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var delay = TimeSpan.Zero;
            for (var turn = 0; ; turn++)
            {
                await _pace.WaitAsync(delay, cancellationToken);
                delay = await TurnAsync(turn, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the agent.
        }
        catch (Exception e)
        {
            AgentLog.ServerLoopFailed(context.Logger, e);
            throw;
        }
    }

    /// <summary>A defect costs an attempt as any failure does: tunnels that are open are worth more than to begin anew.</summary>
    private async Task<TimeSpan> TurnAsync(int turn, CancellationToken cancellationToken)
    {
        context.Metrics.WantedServers(Wanted);
        try
        {
            await renewal.LookAsync(Unlinked(), cancellationToken);
            return WantsAttempt() ? await AttemptAsync(turn, cancellationToken) : renewal.Pause(Unlinked());
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var delay = _pace.Failed();
            AgentLog.ConnectFaulted(context.Logger, "at the configured addresses", delay.TotalSeconds, e);
            return delay;
        }
    }

    /// <summary>One attempt; the result is the pause before the next.</summary>
    private async Task<TimeSpan> AttemptAsync(int turn, CancellationToken cancellationToken)
    {
        var attempt = await opener.OpenAsync(token => connector.ConnectAsync(turn, token), cancellationToken);
        if (attempt.Failure is { } failure)
        {
            var delay = _pace.Failed();
            AgentLog.ConnectFailed(context.Logger, failure.Step.ToTag(), failure.Message, delay.TotalSeconds);
            return delay;
        }

        return attempt.IsDuplicate
            ? _pace.Duplicate(isExpected: !fleet.IsAnnounced && (tunnels.OpenCount < Wanted || NeedsRenewal()))
            : _pace.Connected();
    }

    /// <summary>Where servers are chosen by hash, looking on would only find those that are left again.</summary>
    private bool WantsAttempt() =>
        !tunnels.IsDraining && ((options.SyncForever && fleet.FanOut == 0) || NeedsMore() || NeedsRenewal());

    /// <summary>Announced servers are connected to where they are said to be; here only those for which that fails.</summary>
    private bool NeedsMore()
    {
        var open = tunnels.OpenCount;
        return open < Wanted && (open == 0 || (fleet.FanOut == 0 && open < Counted) || fleet.IsFailing);
    }

    private bool NeedsRenewal() => Unlinked().Any(renewal.IsDue);

    private IEnumerable<ServerTunnel> Unlinked() => tunnels.Current.Where(t => !fleet.Reaches(t.ServerId));
}
