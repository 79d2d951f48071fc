using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Peers;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Misbehaving;

/// <summary>A frontend that breaks the rules gets upstream's answers and leaves nothing behind.</summary>
[Collection(nameof(NodePeers))]
public sealed class FrontendTests(ServerFixture fixture) : IClassFixture<ServerFixture>, IAsyncLifetime
{
    private NodeAgent _agent = null!;
    private NodePeer _frontend = null!;

    private ServerProgram Server => fixture.Server;

    public async Task InitializeAsync()
    {
        if (OutsideProgram.IsInstalled("node") && OutsideProgram.IsInstalled("npm"))
        {
            _agent = await NodeAgent.StartAsync(Server, "a1", "--identifiers", "ipv4=127.0.0.1");
            _frontend = await NodePeer.StartFrontendAsync($"unix:{Server.SocketPath}");
        }
    }

    public async Task DisposeAsync()
    {
        if (_agent is null)
        {
            return;
        }

        await _frontend.DisposeAsync();
        await Server.WaitUntilIdleAsync();
        _agent.Verify();
        _frontend.VerifyWire();
        Server.Verify();
        await _agent.DisposeAsync();
        await Server.WaitForMetricAsync(0, "grpc_connections", ("service_method", "Connect"));
    }

    [SkippableFact]
    [Trait("Spec", "7.28")]
    public async Task Frontend_DataBeforeADial_GetsCloseResponse()
    {
        NodeFixture.SkipIfMissing();
        await _frontend.AskAsync(new { cmd = "open", stream = "a" }, "opened");

        await _frontend.SendAsync(new { cmd = "send", stream = "a", text = "early", connectID = "17" });

        var closed = await _frontend.ExpectAsync("closed");
        Assert.Equal("17", closed.Text("connectID"));
        Assert.Equal("backend not initialized", closed.Text("error"));
        Assert.Equal(0, (await _frontend.ExpectAsync("status")).Number("code"));
    }

    [SkippableFact]
    public async Task Frontend_CloseBeforeADial_GetsCloseResponseAndMayDial()
    {
        NodeFixture.SkipIfMissing();
        await using var greeter = new ServerFirstTarget("hello");
        await _frontend.AskAsync(new { cmd = "open", stream = "a" }, "opened");

        await _frontend.SendAsync(new { cmd = "packet", stream = "a", packet = new { type = "CLOSE_REQ", closeRequest = new { connectID = "17" } } });
        await _frontend.SendAsync(new { cmd = "packet", stream = "a", packet = DialRequest(greeter.Address, "7") });

        Assert.Equal("backend uninitialized", (await _frontend.ExpectAsync("closed")).Text("error"));
        await greeter.Accepted.WaitForAsync(1).DefaultTimeout();
    }

    [SkippableFact]
    [Trait("Spec", "7.29")]
    public async Task Frontend_TwoConnectIds_LosesBoth()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        var dialed = await _frontend.AskAsync(new { cmd = "dial", stream = "a", address = echo.Address }, "dialed");
        await _frontend.SendAsync(new { cmd = "send", stream = "a", text = "mine" });

        await _frontend.SendAsync(new { cmd = "send", stream = "a", text = "not mine", connectID = "999999" });

        var closed = new[] { await _frontend.ExpectAsync("closed"), await _frontend.ExpectAsync("closed") };
        Assert.All(closed, e => Assert.Equal("mismatched connection IDs", e.Text("error")));
        Assert.Equal(
            new[] { dialed.Text("connectID"), "999999" }.Order(StringComparer.Ordinal),
            closed.Select(e => e.Text("connectID")).Order(StringComparer.Ordinal));
        await echo.Open.WaitForAsync(0).DefaultTimeout();
        Assert.True(echo.BytesReceived.Value <= 4);
    }

    [SkippableFact]
    public async Task Frontend_SecondDialOnAStream_IsRefusedAndTheFirstGoesOn()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await _frontend.AskAsync(new { cmd = "dial", stream = "a", address = echo.Address, random = "1" }, "dialed");

        await _frontend.SendAsync(new { cmd = "packet", stream = "a", packet = DialRequest(echo.Address, "2") });
        var second = await _frontend.ExpectAsync("dialed");

        Assert.Equal("2", second.Text("random"));
        Assert.NotEqual("", second.Text("error"));
        Assert.Equal(1, echo.Accepted.Value);
        await Server.WaitForMetricAsync(1, "established_connections");
    }

    [SkippableFact]
    public async Task Frontend_Garbage_EndsItsStreamOnly()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await _frontend.AskAsync(new { cmd = "dial", stream = "good", address = echo.Address }, "dialed");
        await _frontend.AskAsync(new { cmd = "dial", stream = "bad", address = echo.Address }, "dialed", e => e.Text("stream") == "bad");

        await _frontend.SendAsync(new { cmd = "raw", stream = "bad", base64 = "/////w==" });

        var status = await _frontend.ExpectAsync("status");
        Assert.Equal("bad", status.Text("stream"));
        Assert.Equal(13, status.Number("code"));
        await echo.Open.WaitForAsync(1).DefaultTimeout();
        var sent = await _frontend.AskAsync(new { cmd = "send", stream = "good", bytes = 100_000 }, "sent");
        var received = await _frontend.AskAsync(new { cmd = "expect", stream = "good", bytes = 100_000 }, "received");
        Assert.Equal(sent.Text("sha256"), received.Text("sha256"));
    }

    [SkippableFact]
    public async Task Frontend_UnknownPackets_AreSkipped()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await _frontend.AskAsync(new { cmd = "dial", stream = "a", address = echo.Address }, "dialed");

        foreach (var packet in new object[]
        {
            new { type = 99, closeRequest = new { connectID = "1" } },
            new { type = "DRAIN", drain = new { } },
            new { type = "DIAL_CLS", closeDial = new { random = "12345" } },
            new { type = "CLOSE_RSP", closeResponse = new { connectID = "12345" } },
        })
        {
            await _frontend.SendAsync(new { cmd = "packet", stream = "a", packet });
        }

        var sent = await _frontend.AskAsync(new { cmd = "send", stream = "a", bytes = 1000 }, "sent");
        Assert.Equal(sent.Text("sha256"), (await _frontend.AskAsync(new { cmd = "expect", stream = "a", bytes = 1000 }, "received")).Text("sha256"));
        Assert.Equal("", (await _frontend.AskAsync(new { cmd = "close", stream = "a" }, "closed")).Text("error"));
    }

    [SkippableFact]
    public async Task Frontend_ThatVanishes_LeavesNothing()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await using var doomed = await NodePeer.StartFrontendAsync($"unix:{Server.SocketPath}");
        await doomed.AskAsync(new { cmd = "dial", stream = "a", address = echo.Address }, "dialed");
        await _agent.SetAsync(new { cmd = "set", neverAnswerDials = true });
        await doomed.SendAsync(new { cmd = "dial", stream = "b", address = echo.Address });
        await Server.WaitForMetricAsync(1, "pending_backend_dials");

        doomed.Process.Signal(ProgramSignal.Kill);

        await echo.Open.WaitForAsync(0).DefaultTimeout();
        await Server.WaitUntilIdleAsync();
    }

    private static object DialRequest(string address, string random) =>
        new { type = "DIAL_REQ", dialRequest = new { protocol = "tcp", address, random } };
}
