using System.Buffers;
using System.Net;
using System.Net.Sockets;
using ClusterProxy.Hosting.Transport;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Hosting.Tests.Transport;

public sealed class DirectSocketConnectionTests
{
    private const int Answer = 256 * 1024;

    [Fact]
    public async Task Dispose_WithBytesThatNobodyRead_LeavesThePeerAllThatWasSent()
    {
        await using var pair = await SocketPair.ConnectAsync(TimeProvider.System);
        await pair.Client.SendAsync(new byte[50_000]).DefaultTimeout();
        await pair.Connection.Transport.Output.WriteAsync(new byte[Answer]).AsTask().DefaultTimeout();

        var disposed = pair.Connection.DisposeAsync().AsTask();
        await pair.Client.SendAsync(new byte[50_000]).DefaultTimeout();

        Assert.Equal(Answer, await pair.ReadToEndAsync());
        pair.Client.Shutdown(SocketShutdown.Send);
        await disposed.DefaultTimeout();
    }

    [Fact]
    public async Task Dispose_PeerHasEnded_WaitsForNothing()
    {
        await using var pair = await SocketPair.ConnectAsync(new ManualTime());
        pair.Client.Shutdown(SocketShutdown.Send);

        await pair.Connection.DisposeAsync().AsTask().DefaultTimeout();

        Assert.Equal(0, await pair.ReadToEndAsync());
    }

    [Fact]
    public async Task Dispose_PeerDoesNotEnd_WaitsASecond()
    {
        var time = new ManualTime();
        await using var pair = await SocketPair.ConnectAsync(time);

        var disposed = pair.Connection.DisposeAsync().AsTask();
        Assert.Equal(0, await pair.ReadToEndAsync());
        Assert.False(disposed.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(1));
        await disposed.DefaultTimeout();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_WithBytesThatThePeerDoesNotTake_WaitsASecond(bool peerHasEnded)
    {
        var time = new ManualTime();
        await using var pair = await SocketPair.ConnectAsync(time);
        var output = pair.Connection.Transport.Output;
        using var giveUp = new CancellationTokenSource();
        output.Write(new byte[32 << 20]);
        var flush = output.FlushAsync(giveUp.Token).AsTask();
        if (peerHasEnded)
        {
            pair.Client.Shutdown(SocketShutdown.Send);
            Assert.True((await pair.Connection.Transport.Input.ReadAsync().AsTask().DefaultTimeout()).IsCompleted);
        }

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush).DefaultTimeout();

        var disposed = pair.Connection.DisposeAsync().AsTask();
        Assert.False(disposed.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(1));
        await disposed.DefaultTimeout();
    }

    [Fact]
    public async Task Dispose_AfterAbort_WaitsForNothing()
    {
        await using var pair = await SocketPair.ConnectAsync(new ManualTime());

        pair.Connection.Abort(new ConnectionAbortedException());

        await pair.Connection.DisposeAsync().AsTask().DefaultTimeout();
        await Assert.ThrowsAsync<SocketException>(pair.ReadToEndAsync);
    }

    [Fact]
    public async Task EndAfterPeer_OutputCompleted_EndsWhenThePeerHas()
    {
        await using var pair = await SocketPair.ConnectAsync(new ManualTime());
        pair.Connection.EndAfterPeer();
        await pair.Connection.Transport.Output.CompleteAsync().AsTask().DefaultTimeout();

        var disposed = pair.Connection.DisposeAsync().AsTask();
        var read = pair.ReadToEndAsync();
        Assert.False(read.IsCompleted || disposed.IsCompleted);

        pair.Client.Shutdown(SocketShutdown.Send);
        await disposed.DefaultTimeout();
        Assert.Equal(0, await read);
    }

    [Fact]
    public async Task HasPeerLeft_TcpPeerEndedItsSending_IsFalseUntilItResets()
    {
        await using var pair = await SocketPair.ConnectAsync(TimeProvider.System);
        Assert.False(pair.Connection.HasPeerLeft());
        pair.Client.Shutdown(SocketShutdown.Send);
        Assert.True((await pair.Connection.Transport.Input.ReadAsync().AsTask().DefaultTimeout()).IsCompleted);
        Assert.False(pair.Connection.HasPeerLeft());

        pair.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        pair.Client.Dispose();

        await Eventually.ObserveAsync(() => Task.FromResult(pair.Connection.HasPeerLeft()));
    }

    [Fact]
    public async Task HasPeerLeft_UnixPeer_IsTrueOnceItHasClosed()
    {
        using var folder = new TemporaryDirectory();
        await using var pair = await SocketPair.ConnectAsync(TimeProvider.System, new UnixDomainSocketEndPoint(folder.File("s")));
        pair.Client.Shutdown(SocketShutdown.Send);
        Assert.False(pair.Connection.HasPeerLeft());

        pair.Client.Dispose();

        Assert.True(pair.Connection.HasPeerLeft());
    }

    private sealed class SocketPair(IConnectionListener listener, Socket client, DirectSocketConnection connection) : IAsyncDisposable
    {
        public Socket Client => client;

        public DirectSocketConnection Connection => connection;

        public static async Task<SocketPair> ConnectAsync(TimeProvider time, EndPoint? endPoint = null)
        {
            endPoint ??= new IPEndPoint(IPAddress.Loopback, 0);
            var listener = await new DirectSocketTransport(time: time).BindAsync(endPoint);
            var accepting = listener.AcceptAsync();
            var client = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(listener.EndPoint).DefaultTimeout();
            return new SocketPair(listener, client, Assert.IsType<DirectSocketConnection>(await accepting.AsTask().DefaultTimeout()));
        }

        public async Task<int> ReadToEndAsync()
        {
            var buffer = new byte[64 * 1024];
            var total = 0;
            while (await client.ReceiveAsync(buffer).DefaultTimeout() is > 0 and var received)
            {
                total += received;
            }

            return total;
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            connection.Abort(new ConnectionAbortedException());
            await connection.DisposeAsync();
            await listener.DisposeAsync();
        }
    }
}
