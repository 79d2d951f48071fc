using ClusterProxy.Gateway.Forwarding;

namespace ClusterProxy.Gateway;

/// <summary>How a gateway leaves.</summary>
internal sealed partial class GatewayHost
{
    /// <summary>For the last bytes of ended requests to go out before the connections are cut.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LeaveCheck = TimeSpan.FromMilliseconds(50);

    private async Task CloseAsync()
    {
        var grace = _options.GracefulShutdownTimeout;
        _logger.ShutdownStarted(_live.Total, grace);
        _isDraining = true;
        var started = _time.GetTimestamp();
        await Task.Delay(_options.ShutdownDelay < grace / 3 ? _options.ShutdownDelay : grace / 3, _time);
        using var cut = new CancellationTokenSource();
        var stopped = _port.StopAsync(cut.Token);
        while (!stopped.IsCompleted && _live.Count(RequestKind.Short) > 0 && _time.GetElapsedTime(started) < grace)
        {
            await Task.WhenAny(stopped, Task.Delay(LeaveCheck, _time));
        }

        if (!stopped.IsCompleted)
        {
            _logger.ShutdownForced(_live.Total);
            await _live.EndAsync();
            await Task.WhenAny(stopped, Task.Delay(LastWords, _time));
            await cut.CancelAsync();
        }

        await stopped;
        _logger.ShutdownFinished();
    }
}
