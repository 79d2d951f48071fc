namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The requests that are being forwarded. At the end of the process watches are told to go, and later what is left is cut.</summary>
internal sealed class LiveForwards : IDisposable
{
    private readonly int[] _counts = new int[Enum.GetValues<RequestKind>().Length];
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _cutting = new();

    /// <summary>Fires when watches are to end, in peace.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>Fires when whatever still runs is cut.</summary>
    public CancellationToken Cutting => _cutting.Token;

    public int Count(RequestKind kind) => Volatile.Read(ref _counts[(int)kind]);

    public int Total => _counts.Sum();

    public void Enter(RequestKind kind) => Interlocked.Increment(ref _counts[(int)kind]);

    public void Leave(RequestKind kind) => Interlocked.Decrement(ref _counts[(int)kind]);

    public Task EndWatchesAsync() => _ending.CancelAsync();

    public Task CutAsync() => _cutting.CancelAsync();

    public void Dispose()
    {
        _ending.Dispose();
        _cutting.Dispose();
    }
}
