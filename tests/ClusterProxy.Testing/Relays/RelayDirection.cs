namespace ClusterProxy.Testing.Relays;

/// <summary>The switches of one direction, for all connections of a relay, now and later; they may be turned while bytes flow.</summary>
public sealed class RelayDirection
{
    /// <summary>A rate is kept in steps of this, so that it is one within a short test too.</summary>
    private static readonly TimeSpan PacingStep = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Random _random;
    private TaskCompletionSource _resumed = NewSignal();
    private RelayMode _mode;
    private RelayConditions _conditions = RelayConditions.Perfect;
    private RelayCut? _cut;
    private TimeSpan _busy;
    private long _paced;

    internal RelayDirection(TimeProvider time, int seed)
    {
        _time = time;
        _random = new Random(seed);
        _paced = time.GetTimestamp();
        _resumed.SetResult();
    }

    /// <summary>Bytes handed on to the far side.</summary>
    public ObservedCount BytesPassed { get; } = new();

    public ObservedCount BytesDropped { get; } = new();

    public RelayMode Mode
    {
        get
        {
            lock (_gate)
            {
                return _mode;
            }
        }

        set
        {
            lock (_gate)
            {
                if (value == RelayMode.Stall && _mode != RelayMode.Stall)
                {
                    _resumed = NewSignal();
                }

                _mode = value;
                if (value != RelayMode.Stall)
                {
                    _resumed.TrySetResult();
                }
            }
        }
    }

    public RelayConditions Conditions
    {
        get => Volatile.Read(ref _conditions);
        set => Volatile.Write(ref _conditions, value);
    }

    /// <summary>
    /// Cuts the connection that forwards the last of this many more bytes, right behind it: for all but a few numbers in the
    /// middle of a TLS record and of an HTTP/2 frame.
    /// </summary>
    /// <param name="bytes">Counted over all connections.</param>
    /// <param name="reset">By RST; otherwise by FIN on both sides.</param>
    public void CutAfter(long bytes, bool reset)
    {
        lock (_gate)
        {
            _cut = new RelayCut(bytes, reset);
        }
    }

    /// <summary>Takes back a cut that has not happened; false when it has, or none was asked for.</summary>
    public bool TakeBackCut()
    {
        lock (_gate)
        {
            var waits = _cut is not null;
            _cut = null;
            return waits;
        }
    }

    /// <summary>Returns once the direction is not stalled.</summary>
    internal async Task<RelayMode> WaitForFlowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task resumed;
            lock (_gate)
            {
                if (_mode != RelayMode.Stall)
                {
                    return _mode;
                }

                resumed = _resumed.Task;
            }

            await resumed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>How much longer a chunk is to be held back.</summary>
    internal TimeSpan LeftOf(RelayChunk chunk)
    {
        var conditions = Conditions;
        if (conditions.Delay == TimeSpan.Zero && conditions.Jitter == TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        lock (_gate)
        {
            return conditions.Delay + (conditions.Jitter * _random.NextDouble()) - _time.GetElapsedTime(chunk.Arrived);
        }
    }

    internal RelayTurn NextTurn(int wanted)
    {
        var conditions = Conditions;
        lock (_gate)
        {
            var bytes = conditions.MaxPiece > 0 ? Math.Min(wanted, _random.Next(1, conditions.MaxPiece + 1)) : wanted;
            var wait = TimeSpan.Zero;
            if (conditions.BytesPerSecond > 0)
            {
                bytes = (int)Math.Clamp((long)(conditions.BytesPerSecond * PacingStep.TotalSeconds), 1, bytes);
                wait = Reserve(TimeSpan.FromSeconds((double)bytes / conditions.BytesPerSecond));
            }

            if (_cut is not { } cut)
            {
                return new RelayTurn(bytes, wait, null);
            }

            if (cut.BytesLeft > bytes)
            {
                _cut = cut with { BytesLeft = cut.BytesLeft - bytes };
                return new RelayTurn(bytes, wait, null);
            }

            _cut = null;
            return new RelayTurn((int)cut.BytesLeft, wait, cut);
        }
    }

    /// <summary>How long the link is busy with what came before. Must hold the gate.</summary>
    private TimeSpan Reserve(TimeSpan duration)
    {
        var now = _time.GetTimestamp();
        var left = _busy - _time.GetElapsedTime(_paced, now);
        var wait = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        _busy = wait + duration;
        _paced = now;
        return wait;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
