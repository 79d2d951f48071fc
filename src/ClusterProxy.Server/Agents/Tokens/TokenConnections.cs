using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Audit;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>
/// Counts the connections to the agent port by who holds the token that let an agent in on them, as certificates are counted in the
/// handshake, and ends those on which nobody was let in for a while: until then nobody can be told from anybody else.
/// </summary>
/// <param name="limit">The most for one holder; 0 for any number.</param>
/// <param name="time">Clock of the while.</param>
/// <param name="metrics">Count who was cut.</param>
/// <param name="audit">Keeps it; null for none.</param>
/// <param name="logger">Says it.</param>
internal sealed class TokenConnections(int limit, TimeProvider time, ServerMetrics metrics, AuditLog? audit, ILogger logger)
{
    /// <summary>Three times what a review may take, so that a slow API server costs nobody his connection.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);

    public int Limit => limit;

    /// <summary>Puts a <see cref="TokenConnection"/> on each connection.</summary>
    public ConnectionDelegate Use(ConnectionDelegate next) => async connection =>
    {
        using var shown = new TokenConnection(this, time, () => Cut(connection));
        connection.Features.Set(shown);
        await next(connection);
    };

    public bool TryTake(string holder)
    {
        if (limit == 0)
        {
            return true;
        }

        lock (_gate)
        {
            var open = _open.GetValueOrDefault(holder);
            if (open >= limit)
            {
                return false;
            }

            _open[holder] = open + 1;
            return true;
        }
    }

    public void Release(string holder)
    {
        if (limit == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (--_open[holder] == 0)
            {
                _open.Remove(holder);
            }
        }
    }

    private void Cut(ConnectionContext connection)
    {
        var peer = connection.RemoteEndPoint?.ToString() ?? "unknown";
        var detail = $"no agent was let in on its connection within {Patience.TotalSeconds:0} s";
        metrics.AgentRefused(AgentRefusalReason.NotInTime);
        logger.AgentNotInTime(peer, Patience);
        audit?.AgentRefused(certificate: null, peer, AgentRefusalReason.NotInTime, detail);
        connection.Abort(new ConnectionAbortedException(detail));
    }
}
