namespace ClusterProxy.Hosting;

/// <summary>Does the same at a steady pace until it is disposed; a round that takes longer than that delays the next.</summary>
public sealed class Rounds : IAsyncDisposable
{
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    /// <param name="interval">From one round to the next; the first comes after one.</param>
    /// <param name="time">Clock of the interval.</param>
    /// <param name="round">Must not throw.</param>
    public Rounds(TimeSpan interval, TimeProvider time, Action round)
    {
        _timer = new PeriodicTimer(interval, time);
        _loop = RunAsync(round);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop;
    }

    private async Task RunAsync(Action round)
    {
        while (await _timer.WaitForNextTickAsync())
        {
            round();
        }
    }
}
