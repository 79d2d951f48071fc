using ClusterProxy.Hosting.Transport;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// A watch's events, which end where they are when the gateway leaves: to the caller the watch is over, as the API server's own are now
/// and then, and it comes back elsewhere without an error.
/// </summary>
/// <param name="inner">Owned.</param>
/// <param name="ending">Fires when no more is to be read.</param>
internal sealed class EndingStream(Stream inner, CancellationToken ending) : AsyncReadStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ending);
        try
        {
            return await inner.ReadAsync(buffer, either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && ending.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
