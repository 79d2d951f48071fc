using System.Threading.Channels;
using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// Does what the servers announce: a link to each server that a tunnel is wanted to, and a farewell to those to which none is. One
/// loop decides; anyone may say that something has changed.
/// </summary>
internal sealed class FleetFollower
{
    private readonly FleetParts _parts;
    private readonly OwnedTasks<ServerLink> _running;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private volatile ServerSet _set = ServerSet.None;
    private volatile ServerLink[] _links = [];
    private volatile int _doubles;

    public FleetFollower(FleetParts parts)
    {
        _parts = parts;
        _running = new OwnedTasks<ServerLink>(link => link.RunAsync(_stop.Token));
    }

    public bool IsAnnounced => !_set.IsEmpty;

    public int FanOut => _set.FanOut;

    /// <summary>How many tunnels to announced servers there should be; 0 when none is announced.</summary>
    public int Wanted => FleetView.Count(_set, _doubles);

    /// <summary>Whether there are as many tunnels as there should be, where not every server is to have one.</summary>
    public bool IsComplete => FanOut > 0 && _parts.Tunnels.OpenCount >= Wanted;

    /// <summary>Whether a wanted server cannot be reached where it is said to be.</summary>
    public bool IsFailing => _links.Any(static l => l.IsFailing);

    /// <summary>A wanted server has begun to be one that cannot.</summary>
    public Action Failing { get; set; } = static () => { };

    /// <summary>What was to be done about it is done, or under way.</summary>
    public Action Followed { get; set; } = static () => { };

    /// <summary>Whether there is a link to the server, and nothing wrong with it.</summary>
    public bool Reaches(string serverId) => _links.Any(l => l.ServerId == serverId && l.Failures == 0);

    /// <summary>Whether the id is announced for another server than this one.</summary>
    public bool IsAnother(string serverId, FleetServer server) =>
        server.Id != serverId && _set.Servers.Any(s => s.Id == serverId);

    /// <summary>What is wanted may have changed.</summary>
    public void Changed() => _changed.Writer.TryWrite(true);

    /// <summary>A tunnel counts no more: its server is silent and perhaps answers to another, or it is about to leave.</summary>
    public void Missed(ServerTunnel tunnel)
    {
        // Those that are failing have had no hurry, and now one of them is needed.
        foreach (var link in _links.Where(l => l.ServerId == tunnel.ServerId || l.Failures > 0))
        {
            link.LookAgain();
        }

        Changed();
    }

    /// <summary>A tunnel has ended.</summary>
    public void Lost(ServerTunnel tunnel)
    {
        foreach (var link in _links)
        {
            if (link.ServerId == tunnel.ServerId)
            {
                link.Lost(tunnel.Age);
            }
            else if (link.Failures > 0)
            {
                link.LookAgain();
            }
        }

        Changed();
    }

    /// <summary>A link has made an attempt.</summary>
    /// <param name="beginsToFail">It cannot reach its server, and could so far.</param>
    public void Attempted(bool beginsToFail)
    {
        if (beginsToFail)
        {
            Failing();
        }

        Changed();
    }

    /// <summary>Runs until the token ends the agent; no link is left then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in _changed.Reader.ReadAllAsync(cancellationToken))
            {
                Follow();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the agent.
        }
        catch (Exception e)
        {
            AgentLog.ServerLoopFailed(_parts.Context.Logger, e);
            throw;
        }
        finally
        {
            await _stop.CancelAsync();
            await _running.WhenAllAsync();
            _stop.Dispose();
        }
    }

    private void Follow()
    {
        var tunnels = _parts.Tunnels.Current;
        if (tunnels.Count > 0)
        {
            // Without a tunnel what was said last is still the best that is known.
            _set = FleetView.Union([.. tunnels.Select(static t => t.Servers)]);
        }

        var before = _links;
        var doubles = Doubles(before.Where(l => _set.Servers.Contains(l.Server)));
        _doubles = doubles.Count;
        var wanted = FleetView.Wanted(_set, s => before.Any(l => l.Server == s && (l.IsOut || doubles.Contains(l))));
        var kept = before.Where(l => wanted.Contains(l.Server)).ToArray();
        var added = wanted.Except(kept.Select(static l => l.Server))
            .Select(s => new ServerLink(s, FirstDelay(before), _parts, this)).ToArray();
        _links = [.. kept, .. added];
        foreach (var link in before.Except(kept))
        {
            link.Stop();
        }

        foreach (var link in added)
        {
            _running.Start(link);
        }

        DismissUnwanted(tunnels);
        Followed();
    }

    /// <summary>Links to one more address of a server that has another one: where addresses alone are announced only meeting it tells.</summary>
    private static HashSet<ServerLink> Doubles(IEnumerable<ServerLink> links) =>
        [.. links.Where(static l => l.ServerId.Length > 0).GroupBy(static l => l.ServerId, StringComparer.Ordinal)
            .SelectMany(static g => g.DistinctBy(static l => l.Server.Name).Skip(1))];

    /// <summary>
    /// A server that is new to a running fleet, or takes the place of a lost one, is new to all agents at one time. Before they leave a
    /// server that goes they have waited already.
    /// </summary>
    private TimeSpan FirstDelay(ServerLink[] before) =>
        before.Length == 0 || before.Any(static l => l.IsLeaving) ? TimeSpan.Zero : _parts.Options.SyncIntervalCap * Random.Shared.NextDouble();

    /// <summary>Not before all wanted ones are there that can be reached. One whose server says nothing is counted, not chosen.</summary>
    private void DismissUnwanted(IReadOnlyList<ServerTunnel> tunnels)
    {
        var links = _links;
        if (!links.Any(static l => l.IsConnected) || !links.All(static l => l.IsConnected || l.IsOut))
        {
            return;
        }

        // Of a server that was announced by its address alone the id is not known before its link has met it. A tunnel that was found
        // another way meanwhile may be just the one to it.
        var unidentified = links.Count(static l => l.Server.Id.Length == 0 && !l.IsConnected);
        var ids = links.SelectMany(static l => new[] { l.ServerId, l.Server.Id }).ToHashSet(StringComparer.Ordinal);
        foreach (var tunnel in tunnels.Where(t => !t.Servers.IsEmpty && !ids.Contains(t.ServerId)).Skip(unidentified))
        {
            _parts.Tunnels.Dismiss(tunnel);
        }
    }
}
