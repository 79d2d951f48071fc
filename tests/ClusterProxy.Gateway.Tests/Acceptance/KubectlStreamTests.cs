using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>
/// Step 5 of the acceptance flow: what kubectl does by streams, at the gateway itself and through a hub that aggregates it, by SPDY and
/// by WebSocket.
/// </summary>
public sealed class KubectlStreamTests(GatewayBed bed) : IClassFixture<GatewayBed>
{
    private const int Mebibyte = 1024 * 1024;

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task Exec_CarriesInputOutputAndExitCode(bool isAggregated, bool isWebSocket)
    {
        using var kubectl = await StartAsync(isAggregated, isWebSocket);

        Assert.Equal("hello", await kubectl.RunAsync("hello", 0, "exec", "-i", "web", "--", "cat"));
        await kubectl.RunAsync(null, 7, "exec", "web", "--", "sh", "-c", "exit 7");
        Assert.Equal("to errors", (await kubectl.RunAsync(null, 3, "exec", "web", "--", "sh", "-c", "echo to errors >&2; exit 3")).Split('\n')[0]);
        await SeenAsync("/exec", isWebSocket);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task Exec_OnATerminal_IsAConversation(bool isAggregated, bool isWebSocket)
    {
        using var kubectl = await StartAsync(isAggregated, isWebSocket);
        await using var process = kubectl.StartOnTerminal("exec -it web -- sh -c 'echo ready; read x; echo got-$x; exit 5'");
        await process.WaitForLineAsync("ready");

        await process.WriteLineAsync("hello");

        await process.WaitForLineAsync("got-hello");
        await process.ExpectExitAsync(5);
        var request = await bed.Managed.WaitForRequestAsync(static r => r.Query.Contains("tty=true", StringComparison.Ordinal)).DefaultTimeout();
        Assert.EndsWith("/exec", request.Path, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task Attach_ReachesWhatRuns(bool isAggregated, bool isWebSocket)
    {
        using var kubectl = await StartAsync(isAggregated, isWebSocket);

        Assert.Equal("hello", await kubectl.RunAsync("hello", 0, "attach", "-i", "web"));
        await SeenAsync("/attach", isWebSocket);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task PortForward_CarriesEveryByteOfEveryConnection(bool isAggregated, bool isWebSocket)
    {
        using var kubectl = await StartAsync(isAggregated, isWebSocket);

        await ForwardAsync(kubectl);

        await SeenAsync("/portforward", isWebSocket);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PortForward_WhoseWebSocketTheClusterRefuses_FallsBackToSpdy(bool isAggregated)
    {
        using var kubectl = await StartAsync(isAggregated, isWebSocket: true);
        bed.Managed.RefusesForwardingWebSockets = true;

        await ForwardAsync(kubectl);
        bed.Managed.RefusesForwardingWebSockets = false;

        await SeenAsync("/portforward", isWebSocket: true);
        await SeenAsync("/portforward", isWebSocket: false);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task Cp_ToAndFromAPod_KeepsEveryByte(bool isAggregated, bool isWebSocket)
    {
        using var kubectl = await StartAsync(isAggregated, isWebSocket);
        using var pod = new TemporaryDirectory();
        var digest = await WriteAsync(kubectl.PathOf("there"), Size());

        await EndAsync(kubectl.Start("cp", kubectl.PathOf("there"), $"default/web:{pod.Path}/copy"));
        await EndAsync(kubectl.Start("cp", $"default/web:{pod.Path}/copy", kubectl.PathOf("back")));

        await using var back = File.OpenRead(kubectl.PathOf("back"));
        Assert.Equal(digest, Convert.ToHexString(await SHA256.HashDataAsync(back)));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LogsFollowed_ArriveLineByLine(bool isAggregated)
    {
        using var kubectl = bed.Kubectl(GatewayBed.Prefix, isAggregated);
        bed.PutPod();
        await using var logs = kubectl.Start("logs", "-f", "web");
        await logs.WaitForLineAsync("started");

        bed.Managed.WriteLog("after a while");

        await logs.WaitForLineAsync("after a while");
    }

    public static TheoryData<bool, bool> Ways => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    private async Task<Kubectl> StartAsync(bool isAggregated, bool isWebSocket)
    {
        var kubectl = bed.Kubectl(GatewayBed.Prefix, isAggregated);
        if (isWebSocket)
        {
            await Kubectl.SkipBeforeAsync(31, "exec, attach and forward ports by WebSocket");
        }

        var value = isWebSocket ? "true" : "false";
        kubectl.Environment["KUBECTL_REMOTE_COMMAND_WEBSOCKETS"] = value;
        kubectl.Environment["KUBECTL_PORT_FORWARD_WEBSOCKETS"] = value;
        bed.PutPod();
        return kubectl;
    }

    /// <summary>As alice, and by the protocol that the test is about.</summary>
    private async Task SeenAsync(string subresource, bool isWebSocket)
    {
        var protocol = isWebSocket ? "websocket" : "SPDY/3.1";
        var request = await bed.Managed.WaitForRequestAsync(r => r.Path.EndsWith(subresource, StringComparison.Ordinal)
            && r.Headers.GetValueOrDefault("Upgrade") == protocol).DefaultTimeout();
        Assert.Equal(isWebSocket ? "GET" : "POST", request.Method);
        Assert.Equal("alice", request.Headers["Impersonate-User"]);
    }

    private static async Task ForwardAsync(Kubectl kubectl)
    {
        await using var target = new EchoTarget();
        await using var forwarding = kubectl.Start("port-forward", "--address=127.0.0.1", "pod/web", $":{target.Port}");
        var line = await forwarding.WaitForLineAsync("Forwarding from 127.0.0.1:");
        var port = int.Parse(line.Split(':')[1].Split(' ')[0], CultureInfo.InvariantCulture);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => EchoAsync(port))).DefaultTimeout();
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException)
        {
            throw new InvalidOperationException(forwarding.Describe(), e);
        }
    }

    private static async Task EchoAsync(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = new NetworkStream(socket);
        var bytes = RandomNumberGenerator.GetBytes(Mebibyte);
        var writing = stream.WriteAsync(bytes).AsTask();
        var back = new byte[bytes.Length];
        await stream.ReadExactlyAsync(back);
        await writing;
        Assert.Equal(bytes, back);
    }

    /// <summary>8 MiB, unless the environment asks for more: <c>GATEWAY_CP_MIB=1024</c> is the acceptance flow's.</summary>
    private static int Size() =>
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_CP_MIB"), CultureInfo.InvariantCulture, out var size) ? size : 8;

    private static async Task<string> WriteAsync(string path, int mebibytes)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = File.Create(path);
        for (var i = 0; i < mebibytes; i++)
        {
            var bytes = RandomNumberGenerator.GetBytes(Mebibyte);
            digest.AppendData(bytes);
            await file.WriteAsync(bytes);
        }

        return Convert.ToHexString(digest.GetHashAndReset());
    }

    /// <summary>However long the copy takes: its size is the environment's.</summary>
    private static async Task EndAsync(ProgramProcess process)
    {
        await using var copying = process;
        copying.CloseInput();
        await copying.Ended.WaitAsync(TimeSpan.FromSeconds(30 + Size()));
        await copying.ExpectExitAsync(0);
    }
}
