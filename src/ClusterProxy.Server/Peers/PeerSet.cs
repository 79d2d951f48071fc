using System.Collections.Immutable;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Fleet;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Peers;

/// <summary>The other servers of the fleet: a link to each, and by their tunnels the one that a dial is forwarded to.</summary>
internal sealed class PeerSet : IAsyncDisposable
{
    /// <summary>Twice what opening a lane may take. One that is open and tells nothing must not keep this server out of service.</summary>
    private static readonly TimeSpan LongestSurvey = TimeSpan.FromSeconds(10);

    private readonly IServerSource _source;
    private readonly PeerConnector _connector;
    private readonly IReadOnlyList<ProxyStrategy> _strategies;
    private readonly PeerContext _context;
    private readonly PeerClaims _claims = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerLink, Task> _leaving = [];
    private readonly CancellationTokenSource _cut = new();
    private ImmutableArray<PeerLink> _links = [];
    private long _started;
    private volatile bool _knowsFleet;
    private bool _closed;

    /// <param name="source">Where they are; owned.</param>
    /// <param name="connector">Opens lanes.</param>
    /// <param name="strategies">In the order in which a dial asks them.</param>
    /// <param name="context">What all lanes to other servers share.</param>
    public PeerSet(IServerSource source, PeerConnector connector, IEnumerable<ProxyStrategy> strategies, PeerContext context)
    {
        _source = source;
        _connector = connector;
        _strategies = [.. strategies.Distinct()];
        _context = context;
        _started = context.Time.GetTimestamp();
    }

    /// <summary>The lanes that are open, one to each server.</summary>
    public IEnumerable<PeerLane> Lanes => Links.Select(static l => l.Lane).OfType<PeerLane>();

    /// <summary>With those that take no more dials and still carry connections.</summary>
    public IEnumerable<PeerLane> AllLanes
    {
        get
        {
            lock (_gate)
            {
                return [.. _links.Concat(_leaving.Keys).SelectMany(static l => l.AllLanes)];
            }
        }
    }

    /// <summary>Other servers, as far as it is known which addresses are one server's.</summary>
    public int WantedCount => Links.Count(static l => l is { IsSelf: false, IsSpare: false });

    /// <summary>Whether another server has a tunnel for some dial.</summary>
    public bool CanRoute => Lanes.Any(static l => l.IsThere && l.Tunnels.Count > 0);

    /// <summary>
    /// Whether each other server that can be reached has said which tunnels it has; some time after the start it is taken for said. What
    /// was true stays so: a server that comes later is no reason to stop serving.
    /// </summary>
    public bool KnowsFleet => _knowsFleet = _knowsFleet
        || (!_source.Servers.IsEmpty && Links.All(static l => l.HasTold))
        || _context.Time.GetElapsedTime(_started) > LongestSurvey;

    public IReadOnlyList<string> Warnings => _source.Warnings;

    private ImmutableArray<PeerLink> Links
    {
        get
        {
            lock (_gate)
            {
                return _links;
            }
        }
    }

    public void Start()
    {
        _started = _context.Time.GetTimestamp();
        Follow();
        _source.Start(Follow);
    }

    /// <summary>
    /// The other server that is best for a dial: by its tunnels, and then the one with less to do. One that is about to leave is the last
    /// resort, as a draining tunnel is: its agents may not have found another yet.
    /// </summary>
    /// <param name="address">Host and port.</param>
    /// <param name="clusters">Whose agents may have the dial; null for everybody's.</param>
    /// <param name="tried">Servers that were asked already.</param>
    public (PeerLane? Lane, TunnelMatch Match) Pick(string address, IReadOnlySet<string>? clusters, IReadOnlyCollection<PeerLane> tried)
    {
        var host = DialAddress.HostOf(address);
        PeerLane? best = null;
        var bestMatch = TunnelMatch.None;
        foreach (var link in Links)
        {
            if (link.Lane is not { IsThere: true } lane || tried.Contains(lane))
            {
                continue;
            }

            var match = lane.Tunnels.Match(_strategies, host, clusters);
            match = match with { IsReady = match.IsReady && !lane.IsDraining };
            if (match.IsAny && (match.Order < bestMatch.Order || (match.Order == bestMatch.Order && IsLessBusy(lane, best!))))
            {
                (best, bestMatch) = (lane, match);
            }
        }

        return (best, bestMatch);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        ImmutableArray<PeerLink> links;
        Task[] leaving;
        lock (_gate)
        {
            _closed = true;
            (links, _links) = (_links, []);
            leaving = [.. _leaving.Values];
        }

        await _cut.CancelAsync();
        await Task.WhenAll(links.Select(static l => l.DisposeAsync().AsTask()).Concat(leaving));
        _cut.Dispose();
    }

    /// <summary>Of equally busy ones either, so that two idle servers share what comes.</summary>
    private static bool IsLessBusy(PeerLane lane, PeerLane than) =>
        lane.Load < than.Load || (lane.Load == than.Load && Random.Shared.Next(2) == 0);

    private void Follow()
    {
        var wanted = _source.Servers;
        lock (_gate)
        {
            // None known is no reason to leave those that are there.
            if (_closed || wanted.IsEmpty)
            {
                return;
            }

            foreach (var gone in _leaving.Where(static l => l.Value.IsCompletedSuccessfully).Select(static l => l.Key).ToArray())
            {
                _leaving.Remove(gone);
            }

            foreach (var link in _links.Where(l => !wanted.Contains(l.Address)))
            {
                _leaving.Add(link, LeaveAsync(link));
            }

            _links =
            [
                .. _links.Where(l => wanted.Contains(l.Address)),
                .. wanted.Where(w => w.Id != _context.ServerId && _links.All(l => l.Address != w)).Select(Open),
            ];
        }
    }

    /// <summary>
    /// A lease that could not be renewed, or a name that leads elsewhere, does not say that the server is dead: what runs over it lives on.
    /// </summary>
    private async Task LeaveAsync(PeerLink link)
    {
        await link.LeaveAsync(_cut.Token);
        await link.DisposeAsync();
    }

    private PeerLink Open(FleetServer address) => new(address, _connector, _claims, _context);
}
