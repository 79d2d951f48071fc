using ClusterProxy.Client;

namespace ClusterProxy.Cli.Connecting;

/// <summary>Copies between a local connection and the tunnel until both directions have ended.</summary>
/// <param name="time">Clock of the limit.</param>
/// <param name="silenceAfterEnd">
/// How long the target may stay silent once the local side has sent its last byte and that cannot be passed on.
/// </param>
internal sealed class TunnelRelay(TimeProvider time, TimeSpan silenceAfterEnd)
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Returns when the target has ended the connection, or nothing more is to be expected of it.</summary>
    /// <exception cref="IOException">The tunnel broke.</exception>
    public async Task RunAsync(Stream input, Stream output, TunnelStream tunnel, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var down = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        var localEnded = false;
        var download = DownAsync();
        var upload = UpAsync();
        try
        {
            await download;
            await tunnel.CloseAsync(cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await upload;
        }

        async Task UpAsync()
        {
            try
            {
                await input.CopyToAsync(tunnel, BufferSize, stop.Token);
                if (tunnel.CanHalfClose)
                {
                    tunnel.CompleteWrites();
                    return;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The local side broke or the target ended first; the other direction says how it ends.
            }

            localEnded = true;
            silence.CancelAfter(silenceAfterEnd);
        }

        async Task DownAsync()
        {
            var buffer = new byte[BufferSize];
            try
            {
                while (await tunnel.ReadAsync(buffer, down.Token) is > 0 and var read)
                {
                    await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    await output.FlushAsync(cancellationToken);
                    if (localEnded)
                    {
                        silence.CancelAfter(silenceAfterEnd);
                    }
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Silent for long enough: the exchange is over.
            }
        }
    }
}
