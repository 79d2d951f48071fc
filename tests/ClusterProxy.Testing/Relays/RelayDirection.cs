namespace ClusterProxy.Testing.Relays;

/// <summary>The switch of one direction, for all connections of a relay, now and later.</summary>
public sealed class RelayDirection
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _resumed = NewSignal();
    private RelayMode _mode;

    public RelayDirection() => _resumed.SetResult();

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

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
