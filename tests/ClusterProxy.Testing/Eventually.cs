using System.Runtime.CompilerServices;

namespace ClusterProxy.Testing;

/// <summary>
/// Polls state that offers no event: /metrics, /readyz, a file of another process. Inside one process use
/// <see cref="ObservedCount"/> or <see cref="SyncPoint"/> instead. Tries are bounded, so a condition that never holds
/// fails with the last value seen, not with a bare timeout.
/// </summary>
public static class Eventually
{
    private const int Tries = 600;
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(50);

    /// <summary>Probes until <paramref name="condition"/> holds and returns that value.</summary>
    /// <param name="probe">Reads the outside state. An <see cref="HttpRequestException"/>, <see cref="IOException"/> or
    /// <see cref="System.Net.Sockets.SocketException"/> counts as "not yet".</param>
    /// <param name="condition">What is waited for.</param>
    public static async Task<T> ObserveAsync<T>(
        Func<Task<T>> probe,
        Func<T, bool> condition,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        using var timer = new PeriodicTimer(_period);
        object? last = null;
        for (var i = 0; i < Tries; i++)
        {
            try
            {
                var value = await probe().DefaultTimeout(file, line);
                last = value;
                if (condition(value))
                {
                    return value;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
            {
                last = e.Message;
            }

            await timer.WaitForNextTickAsync();
        }

        throw new TimeoutException($"{file}:{line} never saw `{what}`; the last value was: {last}");
    }

    /// <inheritdoc cref="ObserveAsync{T}(Func{Task{T}}, Func{T, bool}, string, string, int)"/>
    public static Task ObserveAsync(
        Func<Task<bool>> condition,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) =>
        ObserveAsync(condition, static holds => holds, what, file, line);

    /// <summary>Waits until the count has moved and then stands still for a period: everything on the way is full.</summary>
    public static async Task StandsStillAsync(ObservedCount count)
    {
        var before = 0L;
        await ObserveAsync(() =>
        {
            var (last, now) = (before, count.Value);
            before = now;
            return Task.FromResult(now > 0 && now == last);
        });
    }
}
