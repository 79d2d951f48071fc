using ClusterProxy.Client;

namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>
/// One transfer with a <see cref="PatternTarget"/> behind the tunnel. A wrong byte fails the test; a connection that breaks is a
/// result.
/// </summary>
/// <param name="dial">Connects the frontend to the target, or to what leads to it.</param>
/// <param name="request">Who sends how much.</param>
internal sealed class Transfer(Func<Task<Stream>> dial, PatternRequest request)
{
    private const int PieceSize = 48 * 1024;

    public Transfer(TunnelClient client, string address, PatternRequest request)
        : this(async () => await client.ConnectAsync(address), request)
    {
    }

    private readonly PatternCheck _check = new(request.Seed);

    public async Task<TransferResult> RunAsync()
    {
        try
        {
            await using var stream = await dial().DefaultTimeout();
            await stream.WriteAsync(request.ToBytes()).DefaultTimeout();
            var complete = request.Mode switch
            {
                PatternMode.Download => await DownloadAsync(stream),
                PatternMode.Upload => await UploadAsync(stream),
                _ => await EchoAsync(stream),
            };
            return new(request, complete ? TransferEnd.Complete : TransferEnd.CutUnnoticed, $"{_check.Length} bytes came");
        }
        catch (Exception e) when (e is IOException or TunnelConnectException)
        {
            return new(request, TransferEnd.Failed, e.Message);
        }
    }

    private async Task<bool> DownloadAsync(Stream stream)
    {
        // One byte more than announced would be one too many.
        await ReadAsync(stream, long.MaxValue);
        Assert.InRange(_check.Length, 0, request.Length);
        return _check.Length == request.Length;
    }

    private async Task<bool> UploadAsync(Stream stream)
    {
        await WriteAsync(stream);
        if (request.Seed % 2 == 0 && stream is TunnelStream tunnel)
        {
            // Says no more than that the target has ended, or has acknowledged the end: with nothing missing, it must have all.
            await tunnel.CloseAsync().DefaultTimeout();
            return true;
        }

        return await stream.ReadAsync(new byte[1]).DefaultTimeout() == 1;
    }

    private async Task<bool> EchoAsync(Stream stream)
    {
        var writing = WriteAsync(stream);
        try
        {
            await ReadAsync(stream, request.Length);
        }
        finally
        {
            // A write that goes on nowhere ends with the stream.
            if (_check.Length < request.Length)
            {
                await stream.DisposeAsync().DefaultTimeout();
                await Record.ExceptionAsync(() => writing.DefaultTimeout());
            }
        }

        await Record.ExceptionAsync(() => writing.DefaultTimeout());
        return _check.Length == request.Length;
    }

    private async Task ReadAsync(Stream stream, long until)
    {
        var piece = new byte[PieceSize];
        while (_check.Length < until && await stream.ReadAsync(piece).DefaultTimeout() is > 0 and var read)
        {
            _check.Take(piece.AsSpan(0, read));
            Assert.True(_check.WrongAt is null, $"{request}: the byte at {_check.WrongAt} is wrong");
        }
    }

    private async Task WriteAsync(Stream stream)
    {
        var piece = new byte[PieceSize];
        for (var offset = 0; offset < request.Length;)
        {
            var now = piece.AsMemory(0, Math.Min(PieceSize, request.Length - offset));
            SeededBytes.Fill(request.Seed, offset, now.Span);
            await stream.WriteAsync(now).DefaultTimeout();
            offset += now.Length;
        }
    }
}
