using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Server.Peers;

/// <summary>Keeps a lane open to one address of another server, for as long as that address is among the peers.</summary>
internal sealed class PeerLink : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>A server that comes back is found soon, and one that does not costs a handshake now and then.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>A lane that has lived for so long was a good one: what follows it is no series of failures.</summary>
    private static readonly TimeSpan Proven = TimeSpan.FromSeconds(10);

    private readonly PeerConnector _connector;
    private readonly PeerContext _context;
    private readonly PeerClaims _claims;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private volatile PeerLane? _lane;
    private volatile bool _tried;
    private string _trouble = "";

    public PeerLink(FleetServer address, PeerConnector connector, PeerClaims claims, PeerContext context)
    {
        Address = address;
        _connector = connector;
        _claims = claims;
        _context = context;
        _loop = RunAsync(_stop.Token);
    }

    public FleetServer Address { get; }

    /// <summary>The lane that is open; null without one.</summary>
    public PeerLane? Lane => _lane;

    /// <summary>Whether nothing more is to be learned of it soon: it has said which tunnels it has, or could not be asked.</summary>
    public bool HasTold => _tried || _lane is { Tunnels.IsWhole: true };

    /// <summary>Whether the address turned out to be this server's own.</summary>
    public bool IsSelf { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
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
        catch (Exception e)
        {
            _context.Logger.PeerLinkFaulted(e, Address.Address);
            throw;
        }
    }

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

            if (!_claims.TryClaim(transport.ServerId, this))
            {
                // Another of its addresses serves already.
                await connection.DisposeAsync();
                return;
            }

            try
            {
                var lane = new PeerLane(connection, transport.ServerId, _context);
                _lane = lane;
                _trouble = "";
                _context.Logger.PeerConnected(transport.ServerId, Address.Address);
                var status = await lane.RunAsync(cancellationToken);
                _context.Logger.PeerDisconnected(transport.ServerId, Address.Address, status);
            }
            finally
            {
                _lane = null;
                _claims.Release(transport.ServerId, this);
            }
        }
        catch (PeerConnectException e)
        {
            _context.Metrics.Peers.ConnectFailed();
            if (_trouble != e.Message)
            {
                // Once for each trouble: it is tried again every few seconds.
                _trouble = e.Message;
                _context.Logger.PeerUnreachable(Address.ToString(), e.Message);
            }
        }
    }
}
