using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// The application-level ping of one tunnel: its round trip, and how long the peer has been silent. The answer passes
/// through the peer's own reader and writer, so it says that the peer works, not only that its socket is open.
/// </summary>
internal sealed class TunnelRoundTrip : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Answers for which a short round trip counts at least, and at most twice as many: a way may become longer.</summary>
    private const int LeastPeriod = 32;

    private readonly TunnelWriter _writer;
    private readonly TimeProvider _time;
    private readonly Action<TimeSpan>? _onMeasured;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private TimeSpan _least = TimeSpan.MaxValue;
    private TimeSpan _leastBefore = TimeSpan.MaxValue;
    private int _measured;
    private long _id;
    private long _sent;
    private long _waitingSince;
    private bool _waiting;
    private int _disposed;
    private readonly Lock _gate = new();

    /// <param name="writer">The tunnel's writer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onMeasured">Told each round trip.</param>
    public TunnelRoundTrip(TunnelWriter writer, TimeProvider time, Action<TimeSpan>? onMeasured = null)
    {
        _writer = writer;
        _time = time;
        _onMeasured = onMeasured;
        _loop = RunAsync();
    }

    /// <summary>How long an answer has been due; zero when none is.</summary>
    public TimeSpan SilentFor
    {
        get
        {
            lock (_gate)
            {
                return _waiting ? _time.GetElapsedTime(_waitingSince) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>The shortest round trip of the last minutes, which is the way's own without what waits on it; null before the first answer.</summary>
    public TimeSpan? Least
    {
        get
        {
            lock (_gate)
            {
                var least = _least < _leastBefore ? _least : _leastBefore;
                return least == TimeSpan.MaxValue ? null : least;
            }
        }
    }

    /// <summary>Takes a PING of the peer: answers a question, measures by an answer.</summary>
    public void Receive(Ping ping)
    {
        if (!ping.Answer)
        {
            _writer.TrySend(PacketFactory.Ping(ping.Id, answer: true));
            return;
        }

        TimeSpan elapsed;
        lock (_gate)
        {
            if (!_waiting || ping.Id != _id)
            {
                return;
            }

            _waiting = false;
            elapsed = _time.GetElapsedTime(_sent);
            _least = elapsed < _least ? elapsed : _least;
            if (++_measured % LeastPeriod == 0)
            {
                _leastBefore = _least;
                _least = TimeSpan.MaxValue;
            }
        }

        _onMeasured?.Invoke(elapsed);
    }

    /// <summary>Stops asking. Whoever comes second waits for the first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            lock (_gate)
            {
                // An unanswered question is asked again under a new id, but the silence counts from the first.
                _sent = _time.GetTimestamp();
                _waitingSince = _waiting ? _waitingSince : _sent;
                _waiting = true;
                _id++;
            }

            if (!_writer.TrySend(PacketFactory.Ping(_id, answer: false)))
            {
                return;
            }

            await Task.Delay(Interval, _time, _stop.Token).ConfigureAwait(false);
        }
    }
}
