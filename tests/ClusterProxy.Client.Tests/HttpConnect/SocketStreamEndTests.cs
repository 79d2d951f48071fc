using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Client.HttpConnect;
using ClusterProxy.Client.Servers;
using ClusterProxy.Protocol;

namespace ClusterProxy.Client.Tests.HttpConnect;

public sealed class SocketStreamEndTests
{
    [Fact]
    public async Task Close_WhileAReadWaitsBehindAnEndThatIsNotTaken_EndsByTheCloseTimeout()
    {
        var time = new ManualTime();
        using var certificates = new TestCertificates();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint).DefaultTimeout();
        using var peer = new SslStream(new NetworkStream(await listener.AcceptSocketAsync().DefaultTimeout(), ownsSocket: true));
        using var inner = new CloggingStream(socket);
        var tls = new SslStream(inner, leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await Task.WhenAll(
            peer.AuthenticateAsServerAsync(certificates.Server().Certificate), tls.AuthenticateAsClientAsync("localhost")).DefaultTimeout();
        var ended = new ObservedCount();
        var end = new SocketStreamEnd(
            new ServerConnection(tls, socket),
            new ConnectResponse(200, "200", null, default, TunnelFeatures.Format(TunnelFeatureSet.HalfClose), ""),
            TunnelTarget.Parse("node1:443"), new TunnelClientOptions { TimeProvider = time }, _ => ended.Increment());

        inner.Clog();
        end.CompleteWrites();
        await inner.Clogged.DefaultTimeout();
        var read = end.ReadAsync(new byte[1], CancellationToken.None).AsTask();
        var closing = end.CloseAsync(CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(10));

        var error = await Assert.ThrowsAsync<IOException>(() => closing).DefaultTimeout();
        Assert.Equal("node1:443 did not end the connection within 10 s", error.Message);
        Assert.Equal(0, await read.DefaultTimeout());
        Assert.Equal(1, ended.Value);
    }

    /// <summary>Once clogged, more is sent before each write than its peer's and its own buffers take.</summary>
    private sealed class CloggingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private readonly TaskCompletionSource _clogged = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isClogging;

        /// <summary>Ends when something waits behind it.</summary>
        public Task Clogged => _clogged.Task;

        public void Clog() => _isClogging = true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_isClogging)
            {
                var clog = base.WriteAsync(new byte[64 * 1024 * 1024], cancellationToken);
                _clogged.TrySetResult();
                await clog;
            }

            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
