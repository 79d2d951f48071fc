using ClusterProxy.Client.Servers;
using ClusterProxy.Client.Tunnels;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;

namespace ClusterProxy.Client.Lanes;

/// <summary>
/// The lanes of a client. They are opened when there is something to dial and never for their own sake; one that cannot be had
/// is asked for again later, when something is dialed then.
/// </summary>
internal sealed class LaneSet : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    /// <summary>A path that lets no lane through, such as an HTTP/2 proxy, will not do so soon.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private readonly ServerConnector _connector;
    private readonly TunnelClientOptions _options;
    private readonly TunnelSettings _settings;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<ClientLane> _lanes = [];
    private readonly List<Task<ClientLane?>> _opening = [];
    private bool _isAnnounced;
    private TimeSpan _delay = TimeSpan.Zero;
    private long _failedAt;
    private ServerConnectException? _fault;

    public LaneSet(ServerConnector connector, TunnelClientOptions options, TunnelSettings settings)
    {
        _connector = connector;
        _options = options;
        _settings = settings;
    }

    /// <summary>What the server said last about lanes. The first are opened at once: what was dialed to learn of it will not be the last.</summary>
    public void Announce(bool takesLanes)
    {
        lock (_gate)
        {
            _isAnnounced = takesLanes;
            OpenMissing();
        }
    }

    /// <summary>The usable lane with the least to do; null without one. Those that are missing are opened in the background.</summary>
    public ClientLane? Pick()
    {
        lock (_gate)
        {
            OpenMissing();
            return Best();
        }
    }

    /// <summary>As <see cref="Pick"/>, but opens a lane and waits for it where there is none, whatever the server has announced.</summary>
    /// <exception cref="ServerConnectException">No lane can be had.</exception>
    public async ValueTask<ClientLane> PickAsync(CancellationToken cancellationToken)
    {
        Task<ClientLane?> opening;
        lock (_gate)
        {
            _isAnnounced = true;
            OpenMissing();
            if (Best() is { } best)
            {
                return best;
            }

            if (_opening.Count == 0)
            {
                _opening.Add(OpenAsync());
            }

            opening = _opening[0];
        }

        return await opening.WaitAsync(cancellationToken).ConfigureAwait(false) ?? throw Fault();
    }

    /// <summary>Lets what is being closed finish, then cuts all lanes, and waits until nothing of them is left.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] opening;
        lock (_gate)
        {
            opening = [.. _opening];
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(opening).ConfigureAwait(false);
        ClientLane[] lanes;
        lock (_gate)
        {
            lanes = [.. _lanes];
        }

        await Task.WhenAll(lanes.Select(static lane => lane.DisposeAsync().AsTask())).ConfigureAwait(false);
        _stop.Dispose();
    }

    private ClientLane? Best()
    {
        ClientLane? best = null;
        foreach (var lane in _lanes)
        {
            if (lane.IsUsable && (best is null || lane.Load < best.Load))
            {
                best = lane;
            }
        }

        return best;
    }

    private void OpenMissing()
    {
        _opening.RemoveAll(static task => task.IsCompleted);
        if (!_isAnnounced || (_delay > TimeSpan.Zero && _settings.Time.GetElapsedTime(_failedAt) < _delay))
        {
            return;
        }

        for (var there = _lanes.Count(static lane => lane.IsUsable) + _opening.Count; there < _options.Lanes; there++)
        {
            _opening.Add(OpenAsync());
        }
    }

    /// <summary>A lane, in the list already; null when none can be had.</summary>
    private async Task<ClientLane?> OpenAsync()
    {
        // Not under the lock of whoever asked for it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        ClientLane? lane = null;
        ServerConnectException? fault = null;
        try
        {
            lane = await ConnectAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (ServerConnectException e)
        {
            fault = e;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The client is disposed.
        }

        lock (_gate)
        {
            if (lane is { HasEnded: false })
            {
                _lanes.Add(lane);
            }
            else if (fault is not null)
            {
                _fault = fault;
                NoteFailure();
            }
        }

        if (fault is not null)
        {
            ClientLog.LaneFailed(_settings.Log, _settings.Server, fault.Message);
        }

        return lane;
    }

    private async Task<ClientLane> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = await _connector.ConnectAsync(LaneProtocol.Alpn, cancellationToken).ConfigureAwait(false);
        var lane = new LaneConnection(connection.Stream, connection.Socket, _settings.Limits.MaxMessageSize);
        using var deadline = new CancellationTokenSource(_options.ConnectTimeout, _settings.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var answer = await LaneHandshake.OpenAsync(lane.Reader, lane.Output, Features, both.Token).ConfigureAwait(false);
            var features = Features & TunnelFeatures.Parse(answer.Features);
            if (answer.Error.Length > 0 || !features.HasFlag(TunnelFeatures.LeastOfLane))
            {
                throw Refused(answer.Error.Length > 0 ? answer.Error : $"it offers \"{answer.Features}\" only", null);
            }

            ClientLog.LaneOpened(_settings.Log, _settings.Server);
            return new ClientLane(lane, features, _settings, _options.KeepAliveTimeout, OnEnded);
        }
        catch (Exception e)
        {
            await lane.DisposeAsync().ConfigureAwait(false);
            throw e switch
            {
                GrpcException or IOException and not ServerConnectException => Refused(e.Message, e),
                OperationCanceledException when !cancellationToken.IsCancellationRequested =>
                    Refused($"it did not answer within {_options.ConnectTimeout.TotalSeconds:0.###} s", e),
                _ => e,
            };
        }
    }

    private TunnelFeatureSet Features => TunnelFeatures.FrontendLane & ~_settings.Without;

    private ServerConnectException Refused(string why, Exception? inner) =>
        new($"the proxy server at {_settings.Server} did not take a lane: {why}", inner);

    private Exception Fault()
    {
        lock (_gate)
        {
            return _fault is { } fault ? new ServerConnectException(fault.Message, fault) : new OperationCanceledException();
        }
    }

    private void OnEnded(ClientLane lane)
    {
        lock (_gate)
        {
            _lanes.Remove(lane);
            if (_settings.Time.GetElapsedTime(lane.Opened) < FirstDelay)
            {
                // Taken and dropped: to ask again at once would get the same.
                NoteFailure();
            }
            else
            {
                _delay = TimeSpan.Zero;
            }
        }
    }

    private void NoteFailure()
    {
        _failedAt = _settings.Time.GetTimestamp();
        _delay = _delay == TimeSpan.Zero ? FirstDelay : _delay * 2 < LongestDelay ? _delay * 2 : LongestDelay;
    }
}
