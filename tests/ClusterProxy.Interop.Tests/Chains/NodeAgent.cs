using ClusterProxy.Interop.Tests.Peers;

namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>An agent on Node's gRPC stack.</summary>
public sealed class NodeAgent : IAgentSide
{
    private NodeAgent(NodePeer peer) => Peer = peer;

    public NodePeer Peer { get; }

    /// <summary>Returns when the agent has its headers.</summary>
    public static async Task<NodeAgent> StartAsync(IServerSide server, string id, params string[] more)
    {
        var peer = await NodePeer.StartAgentAsync(
            $"127.0.0.1:{server.AgentPort}", server.Agents.Client(id), server.Agents.AuthorityFile,
            ["--agent-id", id, "--dial-timeout", "1000", .. more]);
        await peer.ExpectAsync("connected");
        return new NodeAgent(peer);
    }

    /// <summary>Turns a switch of agent.mjs.</summary>
    public Task SetAsync(object switches) => Peer.AskAsync(switches, "switched");

    public Task WaitUntilIdleAsync() => Eventually.ObserveAsync(
        async () => (await Peer.AskAsync(new { cmd = "stats" }, "stats")).Number("connections"), left => left == 0);

    public void Verify() => Peer.VerifyWire();

    public ValueTask DisposeAsync() => Peer.DisposeAsync();
}
