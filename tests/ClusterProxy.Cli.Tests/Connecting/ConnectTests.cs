using System.Net;
using System.Net.Sockets;
using ClusterProxy.Cli.Tests.Topology;

namespace ClusterProxy.Cli.Tests.Connecting;

public sealed class ConnectTests(RunningProxy proxy) : IClassFixture<RunningProxy>
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("http-connect")]
    public async Task Connect_StandardStreams_CarryBothDirections(string transport)
    {
        await using var echo = new EchoTarget();
        await using var cli = proxy.Cli("connect", echo.Address, "--transport", transport, "--silence", "1");

        await cli.WriteLineAsync("first");
        await cli.WaitForLineAsync("first");
        await cli.WriteLineAsync("second");
        await cli.WaitForLineAsync("second");
        cli.CloseInput();

        await cli.ExpectExitAsync(0);
        await echo.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task Connect_InputEnds_ReachesTheTargetWhichStillAnswers()
    {
        await using var target = new HalfCloseEchoTarget();
        await using var cli = proxy.Cli("connect", target.Address);

        await cli.WriteLineAsync("question");
        cli.CloseInput();

        await cli.WaitForLineAsync("question");
        await cli.ExpectExitAsync(0);
    }

    [Fact]
    public async Task Connect_TargetSpeaksFirstAndCloses_EndsWithTheInputStillOpen()
    {
        await using var source = new SourceTarget(1000);
        await using var cli = proxy.Cli("connect", source.Address, "--server", $"unix://{proxy.Socket}");

        await source.BytesSent.WaitForAsync(1000).DefaultTimeout();

        await cli.ExpectExitAsync(0);
    }

    [Fact]
    public async Task Connect_VariablesInsteadOfOptions_Work()
    {
        await using var greeter = new ServerFirstTarget("220 ready\r\n");
        await using var cli = ProgramProcess.StartBuilt(BuiltProgram.Cli, ["connect", greeter.Address], proxy.Environment);

        await cli.WaitForLineAsync("220 ready");
        cli.CloseInput();

        await cli.ExpectExitAsync(0);
    }

    [Fact]
    public async Task Connect_RefusingTarget_ExitsWith1AndItsText()
    {
        using var refusing = new RefusingPort();
        await using var cli = proxy.Cli("connect", refusing.Address);

        await cli.ExpectExitAsync(1);

        Assert.Contains(cli.Lines, l => l.ToString().Contains("connection refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Listen_ManyConnectionsAtOnce_EachGetsItsOwnBytesUntilCtrlC()
    {
        await using var echo = new EchoTarget();
        await using var cli = proxy.Cli("connect", echo.Address, "--listen", "0");
        var port = await PortAsync(cli);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(ExchangeAsync)).DefaultTimeout();
        using var open = await DialAsync(port);
        await echo.Open.WaitForAtLeastAsync(1).DefaultTimeout();
        cli.Signal(ProgramSignal.Interrupt);

        await cli.ExpectExitAsync(0);
        await echo.Open.WaitForAsync(0).DefaultTimeout();

        async Task ExchangeAsync(int seed)
        {
            using var socket = await DialAsync(port);
            await using var stream = new NetworkStream(socket);
            var content = SeededBytes.Create(seed, 100_000);
            var received = new byte[content.Length];
            await Task.WhenAll(stream.WriteAsync(content).AsTask(), stream.ReadExactlyAsync(received).AsTask());
            Assert.Equal(content, received);
        }
    }

    [Fact]
    public async Task Listen_LocalEndsItsDirection_TargetAnswersAll()
    {
        await using var target = new HalfCloseEchoTarget();
        await using var cli = proxy.Cli("connect", target.Address, "--listen", "127.0.0.1:0");
        using var socket = await DialAsync(await PortAsync(cli));
        await using var stream = new NetworkStream(socket);

        await stream.WriteAsync("all of it"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);

        using var reader = new StreamReader(stream);
        Assert.Equal("all of it", await reader.ReadToEndAsync().DefaultTimeout());
    }

    [Fact]
    public async Task Listen_DialFails_SaysWhyAndGoesOn()
    {
        using var refusing = new RefusingPort();
        await using var cli = proxy.Cli("connect", refusing.Address, "--listen", "0");
        var port = await PortAsync(cli);

        for (var i = 0; i < 2; i++)
        {
            using var socket = await DialAsync(port);
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1]).DefaultTimeout());
        }

        await cli.WaitForLineAsync("connection refused");
        Assert.False(cli.HasExited);
    }

    [Fact]
    public async Task Listen_PortInUse_ExitsWith1()
    {
        await using var echo = new EchoTarget();
        await using var cli = proxy.Cli("connect", "alpha", "--listen", echo.Address);

        await cli.ExpectExitAsync(1);

        Assert.Contains(cli.Lines, l => l.ToString().Contains("choose another port", StringComparison.Ordinal));
    }

    private static async Task<int> PortAsync(ProgramProcess cli)
    {
        var line = await cli.WaitForLineAsync("Listening on ");
        return IPEndPoint.Parse(line.Split(' ')[2].TrimEnd(',')).Port;
    }

    private static async Task<Socket> DialAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }
}
