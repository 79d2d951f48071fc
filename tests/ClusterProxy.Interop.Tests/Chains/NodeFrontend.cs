using System.Text.Json.Nodes;
using ClusterProxy.Interop.Tests.Peers;

namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>A frontend on Node's gRPC stack.</summary>
public sealed class NodeFrontend(NodePeer peer) : IFrontend
{
    private int _last;

    public NodePeer Peer => peer;

    public async Task<IFrontendConnection> DialAsync(string address)
    {
        var stream = NextName();
        var dialed = await peer.AskAsync(new { cmd = "dial", stream, address }, "dialed", e => e.Text("stream") == stream);
        if (dialed.Text("error") is { Length: > 0 } error)
        {
            await peer.AskAsync(new { cmd = "end", stream }, "status", e => e.Text("stream") == stream);
            throw new DialRefusedException(error);
        }

        return new Connection(peer, stream);
    }

    public async Task CancelDialAsync(string address, Func<Task> underWay)
    {
        var stream = NextName();
        await peer.SendAsync(new { cmd = "dial", stream, address });
        await underWay();
        await peer.SendAsync(new { cmd = "cancelDial", stream });
        await peer.AskAsync(new { cmd = "end", stream }, "status", e => e.Text("stream") == stream);
        Assert.DoesNotContain(peer.Events, e => e.Text("event") == "dialed" && e.Text("stream") == stream);
    }

    public ValueTask DisposeAsync() => peer.DisposeAsync();

    private string NextName() => $"s{Interlocked.Increment(ref _last)}";

    private sealed class Connection(NodePeer peer, string stream) : IFrontendConnection
    {
        public async Task<string> SendAsync(int bytes) =>
            (await peer.AskAsync(new { cmd = "send", stream, bytes }, "sent", IsMine)).Text("sha256");

        public async Task<Received> ReceiveAsync(long total)
        {
            var received = await peer.AskAsync(new { cmd = "expect", stream, bytes = total }, "received", IsMine);
            return new(received["bytes"]!.GetValue<long>(), received.Text("sha256"), received["ended"]!.GetValue<bool>());
        }

        public async Task CloseAsync()
        {
            Assert.Equal("", (await peer.AskAsync(new { cmd = "close", stream }, "closed", IsMine)).Text("error"));
            await peer.ExpectAsync("status", IsMine);
        }

        private bool IsMine(JsonNode @event) => @event.Text("stream") == stream;
    }
}
