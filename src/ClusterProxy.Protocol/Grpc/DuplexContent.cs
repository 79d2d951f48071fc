using System.Net;

namespace ClusterProxy.Protocol.Grpc;

/// <summary>A request body that hands its stream out and stays open until it is closed.</summary>
internal sealed class DuplexContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The request stream, once the HTTP/2 stream exists.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>Ends when a stream was given and could not be opened; the handler may still try another.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Lets the sending direction end.</summary>
    public void Close() => _closed.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers leave with this flush; without it they would wait for the first packet.
        try
        {
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _failed.TrySetResult();
            throw;
        }

        // A handler that repeats the request on another connection would lose the packets written so far.
        if (!_opened.TrySetResult(stream))
        {
            throw new IOException("the connection was lost before the server took the stream");
        }

        // A stream that the server resets cancels the token too. Ending here then would hide the reset's error code behind
        // a cancellation: the handler asks the body first. The call's end closes the body in any case.
        await _closed.Task.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
