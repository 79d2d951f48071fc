using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using ClusterProxy.Client.Tunnels;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Client.Lanes;

/// <summary>
/// One open lane: a connection to the server that carries any number of dials and connections as packets. Its reader never waits
/// for one of them: credit bounds what each may send.
/// </summary>
internal sealed partial class ClientLane : IAsyncDisposable
{
    /// <summary>As at servers: nothing is dialed on it 5 s after its last byte, while another way is there.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>As long as an HTTP/2 connection without streams is kept.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(5);

    /// <summary>For the server to take the last packets and to leave too.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly LaneConnection _transport;
    private readonly TunnelSettings _settings;
    private readonly OwnerTurns _turns = new();
    private readonly TunnelLimits _limits;
    private readonly bool _traces;
    private readonly TimeSpan _answerTimeout;
    private readonly Action<ClientLane> _onEnded;
    private readonly TunnelWriter _writer;
    private readonly TunnelRoundTrip _roundTrip;
    private readonly ConcurrentDictionary<long, LaneDial> _dials = new();
    private readonly ConcurrentDictionary<long, LanedConnection> _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _watch;
    private long _lastUsed;
    private volatile bool _leaving;
    private volatile bool _ended;
    private volatile bool _disposed;

    /// <param name="transport">Behind the handshake; owned from here on.</param>
    /// <param name="features">What both ends understand on it.</param>
    /// <param name="settings">Shared by all tunnels.</param>
    /// <param name="answerTimeout">How long a ping may stay unanswered before the lane is given up; infinite for ever.</param>
    /// <param name="onEnded">Called once, when nothing of the lane is left.</param>
    public ClientLane(
        LaneConnection transport, TunnelFeatureSet features, TunnelSettings settings, TimeSpan answerTimeout, Action<ClientLane> onEnded)
    {
        _traces = features.HasFlag(TunnelFeatureSet.Trace);
        _transport = transport;
        _settings = settings;
        _limits = settings.Limits with { OwnerScheduler = _turns };
        _answerTimeout = answerTimeout;
        _onEnded = onEnded;
        Opened = _lastUsed = settings.Time.GetTimestamp();
        _writer = new TunnelWriter(transport.Output, _limits, settings.Metrics);
        _roundTrip = new TunnelRoundTrip(_writer, settings.Time);
        _watch = settings.Time.CreateTimer(static lane => ((ClientLane)lane!).Check(), this, CheckInterval, CheckInterval);
        Completion = RunAsync();
    }

    /// <summary>When it was opened.</summary>
    public long Opened { get; }

    /// <summary>What dials are spread by. One that becomes a connection between the two reads is counted twice: a lane must not seem empty by it.</summary>
    public int Load => _dials.Count + _connections.Count;

    /// <summary>Whether it takes dials.</summary>
    public bool IsUsable => !_leaving && !_ended && _roundTrip.SilentFor <= SilenceLimit;

    /// <summary>Whether it is over, and what it held is being let go.</summary>
    public bool HasEnded => _ended;

    /// <summary>Ends, and never fails, when nothing of the lane is left.</summary>
    public Task Completion { get; }

    /// <summary>Dials a target; null when the lane ended, or fell silent, instead of answering.</summary>
    /// <exception cref="TunnelConnectException">The dial failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<PacketStreamEnd?> DialAsync(TunnelTarget target, CancellationToken cancellationToken)
    {
        var dial = new LaneDial(BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue, target, _turns);
        _settings.Metrics.ConnectionMoved(null, ConnectionStatus.Dialing);
        Volatile.Write(ref _lastUsed, _settings.Time.GetTimestamp());
        var trace = _traces ? TunnelSettings.TraceOf(Activity.Current) : default;
        _dials[dial.Id] = dial;
        if (_ended || !_writer.TrySend(PacketFactory.DialRequest("tcp", target.ToString(), dial.Id, trace.Parent ?? "", trace.State ?? "")))
        {
            // The end of the lane may have swept the table just before.
            Take(dial.Id)?.Complete(null);
        }

        try
        {
            return await dial.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (Take(dial.Id) is not null)
            {
                _writer.TrySend(PacketFactory.CloseDial(dial.Id));
            }
            else if (await dial.Answer.ConfigureAwait(false) is { } late)
            {
                late.Abort();
            }

            throw;
        }
    }

    /// <summary>Lets what is being closed finish, then cuts the lane, and waits until nothing of it is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_connections.Values.Select(static connection => connection.End.Closing)).ConfigureAwait(false);
        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _settings.Metrics.LaneOpened();
        var reading = ReadAsync(_stop.Token);
        string why;
        try
        {
            if (await Task.WhenAny(reading, _writer.Completion).ConfigureAwait(false) != reading)
            {
                await _writer.Completion.ConfigureAwait(false);
                await _transport.CompleteOutputAsync().ConfigureAwait(false);
                await reading.WaitAsync(Linger, _settings.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                why = "it was no longer needed";
            }
            else
            {
                await reading.ConfigureAwait(false);
                why = "the server ended it";
            }
        }
        catch (Exception e) when (e is GrpcException or IOException or OperationCanceledException)
        {
            var status = GrpcErrorCodes.FromException(e);
            why = _disposed ? "the tunnel client was disposed" : status.ToString();
            if (!_disposed)
            {
                _settings.Metrics.StreamFailed(status.Code);
            }
        }

        await EndAsync(reading, why).ConfigureAwait(false);
    }

    private async Task EndAsync(Task reading, string why)
    {
        _ended = true;
        await _watch.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var id in _dials.Keys)
        {
            Take(id)?.Complete(null);
        }

        foreach (var connection in _connections.Values)
        {
            connection.Lose(why);
        }

        await _writer.DisposeAsync().ConfigureAwait(false);
        await _roundTrip.DisposeAsync().ConfigureAwait(false);
        await _transport.DisposeAsync().ConfigureAwait(false);
        _settings.Metrics.LaneClosed();
        ClientLog.LaneEnded(_settings.Log, _settings.Server, why);
        _onEnded(this);
    }

    private void Check()
    {
        var silent = _roundTrip.SilentFor;
        if (silent > SilenceLimit)
        {
            GiveBackDials();
        }

        if (_answerTimeout != Timeout.InfiniteTimeSpan && silent > _answerTimeout)
        {
            _stop.Cancel();
        }
        else if (Load > 0)
        {
            Volatile.Write(ref _lastUsed, _settings.Time.GetTimestamp());
        }
        else if (_settings.Time.GetElapsedTime(Volatile.Read(ref _lastUsed)) > IdleLimit)
        {
            Leave();
        }
    }

    /// <summary>Another way may have the answer before it is known whether this lane is dead. One that comes late is closed again.</summary>
    private void GiveBackDials()
    {
        foreach (var id in _dials.Keys)
        {
            if (Take(id) is { } dial)
            {
                _writer.TrySend(PacketFactory.CloseDial(id));
                dial.Complete(null);
            }
        }
    }

    /// <summary>Takes no more dials, and ends when nothing runs on it.</summary>
    private void Leave()
    {
        _leaving = true;
        LeaveIfEmpty();
    }

    private void LeaveIfEmpty()
    {
        if (_leaving && Load == 0)
        {
            _writer.Complete();
        }
    }

    /// <summary>The dial is no longer the lane's; whoever gets it says how it ended.</summary>
    private LaneDial? Take(long id)
    {
        if (!_dials.TryRemove(id, out var dial))
        {
            return null;
        }

        _settings.Metrics.ConnectionMoved(ConnectionStatus.Dialing, null);
        LeaveIfEmpty();
        return dial;
    }
}
