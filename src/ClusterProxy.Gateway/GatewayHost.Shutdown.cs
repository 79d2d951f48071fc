namespace ClusterProxy.Gateway;

/// <summary>How a gateway leaves.</summary>
internal sealed partial class GatewayHost
{
    /// <summary>For the last bytes of ended requests to go out before the connections are cut.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private async Task CloseAsync()
    {
        var grace = _options.GracefulShutdownTimeout;
        _logger.ShutdownStarted(Live.Total, grace);
        _isDraining = true;
        var delay = _options.ShutdownDelay < grace / 3 ? _options.ShutdownDelay : grace / 3;
        await Task.Delay(delay, _time);
        using var cut = new CancellationTokenSource();
        var stopped = _port.StopAsync(_time, cut.Token);
        await Live.EndWatchesAsync();
        await Task.WhenAny(stopped, Task.Delay(grace - delay, _time));
        if (!stopped.IsCompleted)
        {
            _logger.ShutdownForced(Live.Total);
            await Live.CutAsync();
            await Task.WhenAny(stopped, Task.Delay(LastWords, _time));
            await cut.CancelAsync();
        }

        await stopped;
        _logger.ShutdownFinished();
    }
}
