namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The requests that are being forwarded. At the end of the process short ones are waited for, and long ones told to go.</summary>
internal sealed class LiveForwards : IDisposable
{
    private readonly int[] _counts = new int[Enum.GetValues<RequestKind>().Length];
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Fires when whatever still runs is to end.</summary>
    public CancellationToken Ending => _ending.Token;

    public int Count(RequestKind kind) => Volatile.Read(ref _counts[(int)kind]);

    public int Total => _counts.Sum();

    public void Enter(RequestKind kind) => Interlocked.Increment(ref _counts[(int)kind]);

    public void Leave(RequestKind kind) => Interlocked.Decrement(ref _counts[(int)kind]);

    public Task EndAsync() => _ending.CancelAsync();

    public void Dispose() => _ending.Dispose();
}
