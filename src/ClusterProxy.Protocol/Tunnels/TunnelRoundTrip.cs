using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// The application-level ping of one tunnel: its round trip, and how long the peer has been silent. The answer passes
/// through the peer's own reader and writer, so it says that the peer works, not only that its socket is open.
/// </summary>
/// <remarks>
/// One round trip is proof for both ends when the next question says that it was answered. So of the two ends one may follow the
/// other, which halves what an idle tunnel costs; it asks by itself when such a question is late, and now and then to measure.
/// </remarks>
internal sealed class TunnelRoundTrip : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>An end that follows asks when it has heard nothing for this long: the other one is a second late.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>An end that follows asks at least this often, to know its own round trip.</summary>
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Questions go out at multiples of this, those of many tunnels together: threads are woken once for all of them. Little enough that
    /// what waits behind them does not wait long.
    /// </summary>
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    /// <summary>Timers may fire this much too early.</summary>
    private static readonly TimeSpan TimerResolution = TimeSpan.FromMilliseconds(1);

    /// <summary>For which a short round trip counts at least, and at most twice as long: a way may become longer.</summary>
    private static readonly TimeSpan LeastPeriod = TimeSpan.FromSeconds(64);

    private readonly TunnelWriter _writer;
    private readonly TimeProvider _time;
    private readonly Action<TimeSpan>? _onMeasured;
    private readonly bool _follows;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private TimeSpan _least = TimeSpan.MaxValue;
    private TimeSpan _leastBefore = TimeSpan.MaxValue;
    private long _leastSince;
    private long _id;
    private long _sent;
    private long _waitingSince;
    private long? _heard;
    private bool _waiting;
    private int _disposed;
    private readonly Lock _gate = new();

    /// <param name="writer">The tunnel's writer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onMeasured">Told each round trip.</param>
    /// <param name="follows">The peer's questions do for this end, too; the peer must not follow.</param>
    public TunnelRoundTrip(TunnelWriter writer, TimeProvider time, Action<TimeSpan>? onMeasured = null, bool follows = false)
    {
        _writer = writer;
        _time = time;
        _onMeasured = onMeasured;
        _follows = follows;
        _leastSince = time.GetTimestamp();
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
            _writer.TrySend(PacketFactory.PingAnswer(ping.Id));
            if (_follows && ping.Answered)
            {
                lock (_gate)
                {
                    _heard = _time.GetTimestamp();
                    _waiting = false;
                }
            }

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
            if (_time.GetElapsedTime(_leastSince) >= LeastPeriod)
            {
                _leastSince = _time.GetTimestamp();
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
        while (!_stop.IsCancellationRequested && _writer.TrySend(NextQuestion()))
        {
            for (var left = UntilQuestion(); left > TimerResolution; left = UntilQuestion())
            {
                await Task.Delay(left, _time, _stop.Token).ConfigureAwait(false);
            }
        }
    }

    private Packet NextQuestion()
    {
        lock (_gate)
        {
            var answered = _id > 0 && !_waiting;
            _sent = _time.GetTimestamp();
            if (!_waiting)
            {
                _waiting = true;
                _waitingSince = _sent;
                if (_heard is { } heard && _time.GetElapsedTime(heard, _sent) > Interval)
                {
                    // The peer's question did not come, and the silence counts from when it was due.
                    _waitingSince -= Stamps(Patience - Interval);
                    _heard = null;
                }
            }

            // An unanswered question is asked again under a new id, but the silence counts from the first.
            return PacketFactory.PingQuestion(++_id, answered);
        }
    }

    private TimeSpan UntilQuestion()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var due = _sent + Stamps(Interval);
            if (_heard is { } heard && !_waiting)
            {
                due = Math.Max(due, Math.Min(heard + Stamps(Patience), _sent + Stamps(LongestInterval)));
            }

            return _time.GetElapsedTime(now, due - (due % Stamps(Beat)));
        }
    }

    private long Stamps(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);
}
