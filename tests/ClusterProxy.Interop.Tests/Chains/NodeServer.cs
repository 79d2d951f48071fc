using ClusterProxy.Interop.Tests.Peers;

namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>A server on Node's gRPC stack: mTLS for agents, mTLS and a Unix socket for frontends.</summary>
public sealed class NodeServer : IServerSide
{
    private readonly TemporaryDirectory _directory = new();

    private NodeServer()
    {
    }

    public TestCertificates Agents { get; } = new("agents");

    public TestCertificates Frontends { get; } = new("frontends");

    public NodePeer Peer { get; private set; } = null!;

    public int AgentPort { get; private set; }

    public int FrontendPort { get; private set; }

    public string SocketPath => _directory.File("f.sock");

    /// <param name="agentPort">0 picks one.</param>
    /// <param name="more">Further flags of server.mjs.</param>
    public static async Task<NodeServer> StartAsync(int agentPort = 0, params string[] more)
    {
        var server = new NodeServer();
        await server.RunAsync(agentPort, more);
        return server;
    }

    /// <summary>Ends the process and starts another one on the same agent port.</summary>
    public async Task RestartAsync()
    {
        await Peer.DisposeAsync();
        File.Delete(SocketPath);
        await RunAsync(AgentPort, []);
    }

    public async Task<int> PendingDialsAsync() => (await Peer.AskAsync(new { cmd = "stats" }, "stats")).Number("pending");

    public Task WaitUntilIdleAsync() => Eventually.ObserveAsync(
        async () =>
        {
            var stats = await Peer.AskAsync(new { cmd = "stats" }, "stats");
            return stats.Number("pending") + stats.Number("connections");
        },
        left => left == 0);

    public void Verify() => Peer.VerifyWire();

    public async ValueTask DisposeAsync()
    {
        await Peer.DisposeAsync();
        Agents.Dispose();
        Frontends.Dispose();
        _directory.Dispose();
    }

    private async Task RunAsync(int agentPort, string[] more)
    {
        var (peer, listening) = await NodePeer.StartServerAsync([
            "--agent-listen", $"127.0.0.1:{agentPort}", .. NodePeer.Tls("agent-", Agents.Server(), Agents.AuthorityFile),
            "--frontend-listen", "127.0.0.1:0", .. NodePeer.Tls("frontend-", Frontends.Server(), Frontends.AuthorityFile),
            "--frontend-socket", SocketPath, .. more,
        ]);
        Peer = peer;
        AgentPort = listening.Number("agentPort");
        FrontendPort = listening.Number("frontendPort");
    }
}
