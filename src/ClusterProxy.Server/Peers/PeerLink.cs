using System.Collections.Concurrent;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Lanes;

namespace ClusterProxy.Server.Peers;

/// <summary>
/// Keeps a lane open to one address of another server, for as long as that address is among the peers; after that the lane ends with the
/// last of its connections. So it does when the certificate that opened it is about to end, and another lane takes its place.
/// </summary>
internal sealed class PeerLink : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>A server that comes back is found soon, and one that does not costs a handshake now and then.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>A lane that has lived for so long was a good one: what follows it is no series of failures.</summary>
    private static readonly TimeSpan Proven = TimeSpan.FromSeconds(10);

    /// <summary>For the other server to say which tunnels it has: until then a lane is of no use to dials.</summary>
    private static readonly TimeSpan TellingTimeout = TimeSpan.FromSeconds(5);

    /// <summary>As often an address that is not needed is tried: it may have become another server's.</summary>
    private static readonly TimeSpan SpareLimit = TimeSpan.FromMinutes(1);

    /// <summary>Between two looks whether it is needed.</summary>
    private static readonly TimeSpan SpareLook = TimeSpan.FromSeconds(1);

    private readonly PeerConnector _connector;
    private readonly PeerContext _context;
    private readonly PeerClaims _claims;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _leave = new();
    private readonly Task _loop;
    private readonly ConcurrentDictionary<OpenPeerLane, bool> _leaving = new();
    private volatile PeerLane? _lane;
    private volatile bool _tried;
    private string _trouble = "";

    public PeerLink(FleetServer address, PeerConnector connector, PeerClaims claims, PeerContext context)
    {
        Address = address;
        _connector = connector;
        _claims = claims;
        _context = context;
        _loop = RunAsync(_leave.Token);
    }

    public FleetServer Address { get; }

    /// <summary>The lane that is open; null without one.</summary>
    public PeerLane? Lane => _lane;

    /// <summary>Whether nothing more is to be learned of it soon: it has said which tunnels it has, or could not be asked.</summary>
    public bool HasTold => _tried || IsSpare || _lane is { Tunnels.IsWhole: true };

    /// <summary>With the lanes that were replaced and still carry connections.</summary>
    public IEnumerable<PeerLane> AllLanes => _leaving.Keys.Select(static open => open.Lane).Concat(_lane is { } lane ? [lane] : []);

    /// <summary>Whether the address turned out to be this server's own.</summary>
    public bool IsSelf { get; private set; }

    /// <summary>Whether it is one more address of a server that has its lane by another one.</summary>
    public bool IsSpare { get; private set; }

    /// <summary>Opens no more lanes, takes no more dials, and returns when nothing runs on those that are there, or the token fires.</summary>
    public async Task LeaveAsync(CancellationToken cut)
    {
        await _leave.CancelAsync();
        _lane?.Leave();
        await EndAsync().WaitAsync(cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _leave.CancelAsync();
        await EndAsync();
        _stop.Dispose();
        _leave.Dispose();
    }

    private async Task EndAsync()
    {
        await _loop;
        await Task.WhenAll(_leaving.Keys.Select(static open => open.Running));
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // Not under the lock of whoever made it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var delay = TimeSpan.Zero;
        try
        {
            while (true)
            {
                var started = _context.Time.GetTimestamp();
                await RunOnceAsync(cancellationToken);
                _tried = true;
                delay = _context.Time.GetElapsedTime(started) > Proven ? FirstDelay
                    : delay == TimeSpan.Zero ? FirstDelay
                    : delay * 2 < LongestDelay ? delay * 2 : LongestDelay;

                // Servers that lost the same one must not come back to it all at once.
                await Task.Delay(delay * (0.75 + (Random.Shared.NextDouble() / 2)), _context.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The address is no peer's any more, or this server ends.
        }
    }

    /// <summary>A defect costs an attempt as any failure does: for as long as the address is a peer's there is no other link to it.</summary>
    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var transport = await _connector.ConnectAsync(Address, cancellationToken);
            IsSelf = transport.Lane is null;
            if (transport.Lane is not { } connection)
            {
                return;
            }

            IsSpare = !_claims.TryClaim(transport.ServerId, this);
            if (IsSpare)
            {
                await connection.DisposeAsync();
                await SpareAsync(transport.ServerId, cancellationToken);
                return;
            }

            try
            {
                await KeepAsync(Open(transport, connection), cancellationToken);
            }
            finally
            {
                _lane = null;
                _claims.Release(transport.ServerId, this);
            }
        }
        catch (PeerConnectException e)
        {
            Failed(e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            IsSpare = false;
            _context.Metrics.Peers.ConnectFailed();
            _context.Logger.PeerLinkFaulted(e, Address.Address);
        }
    }

    /// <summary>Returns when the server may need this address, or it is time to see whether it is still that server's.</summary>
    private async Task SpareAsync(string serverId, CancellationToken cancellationToken)
    {
        var since = _context.Time.GetTimestamp();
        while (_claims.IsServed(serverId, this) && _context.Time.GetElapsedTime(since) < SpareLimit)
        {
            await Task.Delay(SpareLook, _context.Time, cancellationToken);
        }
    }

    /// <summary>Runs until the lane ends, or the last of those that take its place one after the other.</summary>
    private async Task KeepAsync(OpenPeerLane current, CancellationToken cancellationToken)
    {
        Use(current.Lane);
        _context.Logger.PeerConnected(current.Lane.ServerId, Address.Address);
        try
        {
            while (await ReplacementAsync(current, cancellationToken) is { } next)
            {
                Use(next.Lane);
                Leave(current);
                current = next;
            }
        }
        finally
        {
            var status = await current.Running;
            _context.Logger.PeerDisconnected(current.Lane.ServerId, Address.Address, status);
        }
    }

    /// <summary>The lane that is to take its place, when it is time and one can be had; null when it has ended before.</summary>
    private async Task<OpenPeerLane?> ReplacementAsync(OpenPeerLane current, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await current.Running.WaitAsync(_connector.Renewal.Pause(current.Credential.RenewFrom), _context.Time, CancellationToken.None);
                return null;
            }
            catch (TimeoutException)
            {
                // It runs on.
            }

            if (_connector.Renewal.IsDue(current.Credential) && await OpenNextAsync(current.Lane.ServerId, cancellationToken) is { } next)
            {
                return next;
            }
        }
    }

    private async Task<OpenPeerLane?> OpenNextAsync(string serverId, CancellationToken cancellationToken)
    {
        try
        {
            var transport = await _connector.ConnectAsync(Address, cancellationToken);
            if (transport.Lane is not { } connection || transport.ServerId != serverId)
            {
                await (transport.Lane?.DisposeAsync() ?? ValueTask.CompletedTask);
                return null;
            }

            var next = Open(transport, connection);
            await next.Lane.Told.WaitAsync(TellingTimeout, _context.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (next.Lane.IsUsable)
            {
                return next;
            }

            // It broke, or that server is about to leave.
            next.Lane.Leave();
            await next.Running;
            return null;
        }
        catch (PeerConnectException e)
        {
            Failed(e);
            return null;
        }
    }

    private OpenPeerLane Open(PeerTransport transport, LaneConnection connection)
    {
        var lane = new PeerLane(connection, transport.ServerId, Address.Address, _context);
        return new(lane, lane.RunAsync(_stop.Token), transport.Credential);
    }

    private void Use(PeerLane lane)
    {
        _lane = lane;
        _trouble = "";
        if (_leave.IsCancellationRequested)
        {
            lane.Leave();
        }
    }

    private void Leave(OpenPeerLane open)
    {
        _context.Metrics.Peers.LaneRenewed();
        _context.Logger.PeerLaneRenewed(open.Lane.ServerId, open.Credential.End, open.Lane.Load);
        _leaving.TryAdd(open, true);
        open.Lane.Leave();
        foreach (var gone in _leaving.Keys.Where(static l => l.Running.IsCompleted))
        {
            _leaving.TryRemove(gone, out _);
        }
    }

    /// <summary>Once for each trouble: it is tried again every few seconds.</summary>
    private void Failed(PeerConnectException fault)
    {
        _context.Metrics.Peers.ConnectFailed();
        IsSpare = false;
        if (_trouble != fault.Message)
        {
            _trouble = fault.Message;
            _context.Logger.PeerUnreachable(Address.ToString(), fault.Message);
        }
    }
}
