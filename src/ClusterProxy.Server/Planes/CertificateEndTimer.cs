namespace ClusterProxy.Server.Planes;

/// <summary>
/// Tells once when the certificate that opened a connection has ended, however far that is: a certificate is looked at in the handshake
/// only.
/// </summary>
internal sealed class CertificateEndTimer : IAsyncDisposable
{
    /// <summary>Timers do not reach much further than a month.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly DateTimeOffset _end;
    private readonly TimeProvider _time;
    private readonly Action _ended;
    private readonly ITimer _timer;

    /// <param name="end">Of the certificate.</param>
    /// <param name="time">Clock of the certificates.</param>
    /// <param name="ended">Called at once if the end has passed.</param>
    public CertificateEndTimer(DateTimeOffset end, TimeProvider time, Action ended)
    {
        _end = end;
        _time = time;
        _ended = ended;
        _timer = time.CreateTimer(static timer => ((CertificateEndTimer)timer!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Check();
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Check()
    {
        var left = _end - _time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            _ended();
            return;
        }

        _timer.Change(left < Longest ? left : Longest, Timeout.InfiniteTimeSpan);
    }
}
