using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ClusterProxy.Interop.Tests.Kit;

public sealed class TargetTests
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public async Task EchoTarget_Bytes_ComeBack()
    {
        await using var target = new EchoTarget();
        using var socket = await Loopback.ConnectAsync(target.EndPoint);

        await Loopback.SendAsync(socket, "ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await Loopback.ReadAsync(socket, 4));

        socket.Shutdown(SocketShutdown.Send);
        Assert.Empty(await Loopback.ReadToEndAsync(socket));
        await target.Open.WaitForAsync(0).DefaultTimeout();
        Assert.Equal(4, target.BytesReceived.Value);
    }

    [Fact]
    public async Task EchoTarget_ConnectionsClosed_SendsFin()
    {
        await using var target = new EchoTarget();
        using var socket = await Loopback.ConnectAsync(target.EndPoint);
        await target.Open.WaitForAsync(1).DefaultTimeout();

        target.CloseConnections();

        await target.Open.WaitForAsync(0).DefaultTimeout();
        Assert.Empty(await Loopback.ReadToEndAsync(socket));
    }

    [Fact]
    public async Task SinkTarget_WithoutAllowance_StallsTheSenderUntilAllowed()
    {
        var content = SeededBytes.Create(3, 32 * Megabyte);
        await using var target = new SinkTarget();
        using var socket = await Loopback.ConnectAsync(target.EndPoint);
        await target.Open.WaitForAsync(1).DefaultTimeout();

        var sending = Loopback.SendAsync(socket, content);
        target.Allow(1000);
        await target.BytesReceived.WaitForAsync(1000).DefaultTimeout();
        Assert.False(sending.IsCompleted);

        target.AllowAll();
        await sending;
        await target.BytesReceived.WaitForAsync(content.Length).DefaultTimeout();
        Assert.Equal(SeededBytes.Sha256(content), target.Sha256());
    }

    [Fact]
    public async Task SourceTarget_Content_MatchesItsChecksum()
    {
        await using var target = new SourceTarget(Megabyte + 5, seed: 9);
        using var socket = await Loopback.ConnectAsync(target.EndPoint);

        var received = await Loopback.ReadToEndAsync(socket);

        Assert.Equal(SeededBytes.Create(9, Megabyte + 5), received);
        Assert.Equal(target.Sha256, SeededBytes.Sha256(received));
    }

    [Fact]
    public async Task ServerFirstTarget_Greets_BeforeItReads()
    {
        await using var target = new ServerFirstTarget("hello");
        using var socket = await Loopback.ConnectAsync(target.EndPoint);

        Assert.Equal("hello", Encoding.UTF8.GetString(await Loopback.ReadAsync(socket, 5)));
    }

    [Fact]
    public async Task ResetTarget_AfterItsBytes_SendsReset()
    {
        await using var target = new ResetTarget(afterBytes: 3);
        using var socket = await Loopback.ConnectAsync(target.EndPoint);

        await Loopback.SendAsync(socket, "abc"u8.ToArray());

        var error = await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[1]).DefaultTimeout());
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task HalfCloseEchoTarget_AfterFin_AnswersWithAll()
    {
        await using var target = new HalfCloseEchoTarget();
        using var socket = await Loopback.ConnectAsync(target.EndPoint);

        await Loopback.SendAsync(socket, "question"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("question"u8.ToArray(), await Loopback.ReadToEndAsync(socket));
    }

    [Fact]
    public async Task RefusingPort_Dial_IsRefused()
    {
        using var target = new RefusingPort();

        var error = await Assert.ThrowsAsync<SocketException>(() => Loopback.ConnectAsync(target.EndPoint));

        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task BlackHole_Dial_Hangs()
    {
        await using var target = await BlackHole.CreateAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => socket.ConnectAsync(target.EndPoint, giveUp.Token).DefaultTimeout());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HttpTarget_GetPostLarge_Answer(bool https)
    {
        using var certificates = new TestCertificates();
        await using var target = await HttpTarget.StartAsync(https ? certificates.Server().Certificate : null);
        using var handler = Trusting(certificates);
        using var client = new HttpClient(handler) { BaseAddress = target.Url };

        Assert.Equal(target.Body, await client.GetStringAsync(new Uri("/", UriKind.Relative)).DefaultTimeout());
        using var echo = await client.PostAsync(new Uri("/x", UriKind.Relative), new StringContent("echo me")).DefaultTimeout();
        Assert.Equal("echo me", await echo.Content.ReadAsStringAsync().DefaultTimeout());
        var large = await client.GetByteArrayAsync(new Uri("/large", UriKind.Relative)).DefaultTimeout();
        Assert.Equal(HttpTarget.LargeLength, large.Length);
        Assert.Equal(HttpTarget.LargeSha256, SeededBytes.Sha256(large));
    }

    [Fact]
    public async Task HttpTarget_SlowRequestCancelled_SeesTheAbort()
    {
        await using var target = await HttpTarget.StartAsync();
        using var client = new HttpClient { BaseAddress = target.Url };
        using var cancel = new CancellationTokenSource();

        var request = client.GetStringAsync(new Uri("/slow", UriKind.Relative), cancel.Token);
        await target.Slow.WaitUntilReachedAsync().DefaultTimeout();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request.DefaultTimeout());
        await target.Aborted.WaitForAsync(1).DefaultTimeout();
    }

    private static SocketsHttpHandler Trusting(TestCertificates certificates)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { certificates.Authority.Certificate },
        };
        return handler;
    }
}
