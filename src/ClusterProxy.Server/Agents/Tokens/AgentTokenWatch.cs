using ClusterProxy.Server.Agents.Identity;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>
/// Reviews an agent's token again and again while its tunnel lives. One that was taken back (its pod or account is gone) ends the
/// tunnel. One that has only ended by its time keeps it, since nothing more can be asked about it: our agents come back with the next token
/// before, and upstream's keep the tunnel for as long as it holds. While nobody can review, nothing changes: an API server that is down
/// must not take the fleet with it.
/// </summary>
internal sealed class AgentTokenWatch : IAsyncDisposable
{
    /// <summary>A deleted pod's agent may go on for so long. A thousand agents cost the API server some 3 reviews a second.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    private const double Jitter = 0.2;

    private readonly AgentTokenCheck _check;
    private readonly AgentTunnel _tunnel;
    private readonly AgentContext _context;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public AgentTokenWatch(AgentTokenCheck check, AgentTunnel tunnel, AgentContext context)
    {
        _check = check;
        _tunnel = tunnel;
        _context = context;
        _loop = tunnel.Agent.Token is { } token ? RunAsync(token, _stop.Token) : Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync(AgentToken token, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                await Task.Delay(Period * (1 + (Jitter * Random.Shared.NextDouble())), _context.Time, cancellationToken);
            }
            while (await GoesOnAsync(token, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The tunnel has ended.
        }
    }

    private async Task<bool> GoesOnAsync(AgentToken token, CancellationToken cancellationToken)
    {
        var result = await _check.ReviewAsync(token.Text, cancellationToken);
        var agent = _tunnel.Agent;
        if (result.Refusal is null or AgentRefusalReason.TokenUnavailable)
        {
            return true;
        }

        if (token.End <= _context.Time.GetUtcNow())
        {
            _context.Logger.AgentTokenEnded(agent.Id, agent.Peer, token.End.Value);
        }
        else
        {
            _context.Logger.AgentTokenRevoked(agent.Id, agent.Peer, result.Detail);
            _tunnel.Stop();
        }

        return false;
    }
}
