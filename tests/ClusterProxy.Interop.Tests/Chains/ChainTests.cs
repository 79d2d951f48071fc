using ClusterProxy.Interop.Tests.Peers;

namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>Each of our programs between independent peers: what a frontend sees must not depend on who made the rest.</summary>
[Collection(nameof(NodePeers))]
public sealed class ChainTests(TopologyFixture topologies) : IClassFixture<TopologyFixture>
{
    private const int Megabyte = 1024 * 1024;

    [SkippableTheory]
    [MemberData(nameof(Chain.EachTransport), MemberType = typeof(Chain))]
    public async Task Transfer_MegabyteBothWays_ArrivesUnchanged(FrontendKind kind, Pairing pairing, Transport transport)
    {
        Chain.SkipIfMissing(kind, pairing);
        await using var echo = new EchoTarget();
        var topology = await topologies.GetAsync(pairing, transport);
        var frontend = await topology.FrontendAsync(kind, transport);

        await EchoAsync(await frontend.DialAsync(echo.Address), Megabyte);

        await echo.Open.WaitForAsync(0).DefaultTimeout();
        await topology.WaitUntilIdleAsync();
        topology.Verify();
    }

    [SkippableTheory]
    [MemberData(nameof(Chain.Each), MemberType = typeof(Chain))]
    public async Task Transfer_FiftyConnectionsAtOnce_EachGetsItsOwnBytes(FrontendKind kind, Pairing pairing)
    {
        Chain.SkipIfMissing(kind, pairing);
        await using var echo = new EchoTarget();
        var topology = await topologies.GetAsync(pairing, Transport.MutualTls);
        var frontend = await topology.FrontendAsync(kind, Transport.MutualTls);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => await EchoAsync(await frontend.DialAsync(echo.Address), 100_000)));

        await echo.Open.WaitForAsync(0).DefaultTimeout();
        await topology.WaitUntilIdleAsync();
        topology.Verify();
    }

    [SkippableTheory]
    [MemberData(nameof(Chain.Each), MemberType = typeof(Chain))]
    public async Task Dial_TargetThatCannotBeReached_IsRefusedInGoWords(FrontendKind kind, Pairing pairing)
    {
        Chain.SkipIfMissing(kind, pairing);
        using var refusing = new RefusingPort();
        await using var hole = await BlackHole.CreateAsync();
        var topology = await topologies.GetAsync(pairing, Transport.UnixSocket);
        var frontend = await topology.FrontendAsync(kind, Transport.UnixSocket);

        var texts = await Task.WhenAll(new[] { refusing.Address, "no-such-host.invalid:80", hole.Address }
            .Select(async address => (await Assert.ThrowsAsync<DialRefusedException>(() => frontend.DialAsync(address))).Message));

        Assert.Contains($"dial tcp {refusing.Address}: connect: connection refused", texts[0], StringComparison.Ordinal);
        Assert.Contains("no such host", texts[1], StringComparison.Ordinal);
        Assert.Contains($"dial tcp {hole.Address}: i/o timeout", texts[2], StringComparison.Ordinal);
        await topology.WaitUntilIdleAsync();
        topology.Verify();
    }

    [SkippableTheory]
    [MemberData(nameof(Chain.Each), MemberType = typeof(Chain))]
    public async Task Close_ByTheTarget_ComesBehindItsLastByte(FrontendKind kind, Pairing pairing)
    {
        Chain.SkipIfMissing(kind, pairing);
        await using var source = new SourceTarget(Megabyte);
        var topology = await topologies.GetAsync(pairing, Transport.UnixSocket);
        var frontend = await topology.FrontendAsync(kind, Transport.UnixSocket);

        var connection = await frontend.DialAsync(source.Address);
        var received = await connection.ReceiveAsync(Megabyte + 1);

        Assert.Equal(new Received(Megabyte, source.Sha256, Ended: true), received);
        if (kind == FrontendKind.Sdk)
        {
            await connection.CloseAsync();
        }

        await source.Open.WaitForAsync(0).DefaultTimeout();
        await topology.WaitUntilIdleAsync();
        topology.Verify();
    }

    [SkippableTheory]
    [MemberData(nameof(Chain.Each), MemberType = typeof(Chain))]
    public async Task Close_ByTheFrontend_ComesBehindItsLastByte(FrontendKind kind, Pairing pairing)
    {
        Chain.SkipIfMissing(kind, pairing);
        await using var sink = new SinkTarget();
        sink.AllowAll();
        var topology = await topologies.GetAsync(pairing, Transport.MutualTls);
        var frontend = await topology.FrontendAsync(kind, Transport.MutualTls);

        var connection = await frontend.DialAsync(sink.Address);
        var sha256 = await connection.SendAsync(Megabyte);
        await connection.CloseAsync();

        if (pairing.Agent() == Maker.Upstream)
        {
            // Upstream's agent drops at CLOSE_REQ what it has not written to the target yet.
            await sink.Open.WaitForAsync(0).DefaultTimeout();
        }
        else
        {
            await sink.EndedByPeer.WaitForAsync(1).DefaultTimeout();
            Assert.Equal(Megabyte, sink.BytesReceived.Value);
            Assert.Equal(sha256, sink.Sha256());
        }

        await topology.WaitUntilIdleAsync();
        topology.Verify();
    }

    [SkippableTheory]
    [MemberData(nameof(Chain.Each), MemberType = typeof(Chain))]
    public async Task Dial_TakenBack_LeavesNothing(FrontendKind kind, Pairing pairing)
    {
        Chain.SkipIfMissing(kind, pairing);
        await using var hole = await BlackHole.CreateAsync();
        var topology = await topologies.GetAsync(pairing, Transport.UnixSocket);
        var frontend = await topology.FrontendAsync(kind, Transport.UnixSocket);

        await frontend.CancelDialAsync(
            hole.Address, () => Eventually.ObserveAsync(topology.Server.PendingDialsAsync, pending => pending == 1));

        await topology.WaitUntilIdleAsync();
        topology.Verify();
    }

    [SkippableTheory]
    [MemberData(nameof(Chain.Each), MemberType = typeof(Chain))]
    public async Task Target_ThatSpeaksFirst_IsHeard(FrontendKind kind, Pairing pairing)
    {
        Chain.SkipIfMissing(kind, pairing);
        await using var greeter = new ServerFirstTarget("hello");
        var topology = await topologies.GetAsync(pairing, Transport.UnixSocket);
        var frontend = await topology.FrontendAsync(kind, Transport.UnixSocket);

        var connections = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => frontend.DialAsync(greeter.Address)));
        foreach (var connection in connections)
        {
            Assert.Equal(new Received(5, SeededBytes.Sha256("hello"u8), Ended: false), await connection.ReceiveAsync(5));
            await connection.CloseAsync();
        }

        await topology.WaitUntilIdleAsync();
        topology.Verify();
    }

    private static async Task EchoAsync(IFrontendConnection connection, int bytes)
    {
        var receiving = connection.ReceiveAsync(bytes);
        var sha256 = await connection.SendAsync(bytes);
        Assert.Equal(new Received(bytes, sha256, Ended: false), await receiving);
        await connection.CloseAsync();
    }
}
