using ClusterProxy.Client;
using ClusterProxy.Interop.Tests.Peers;
using ClusterProxy.Interop.Tests.Programs;
using ClusterProxy.Interop.Tests.Upstream;

namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>A server, its agent, and the frontends that tests ask for.</summary>
public sealed class Topology : IAsyncDisposable
{
    private readonly Dictionary<(FrontendKind, Transport), IFrontend> _frontends = [];

    private Topology(IServerSide server, IAgentSide agent)
    {
        Server = server;
        Agent = agent;
    }

    public IServerSide Server { get; }

    public IAgentSide Agent { get; }

    /// <param name="pairing">Whose server and agent.</param>
    /// <param name="transport">Of frontends, for a server that serves only one; the others serve both.</param>
    /// <param name="mode">Of frontends: grpc or http-connect.</param>
    public static async Task<Topology> StartAsync(Pairing pairing, Transport transport = Transport.MutualTls, string mode = "grpc")
    {
        IServerSide server = pairing.Server() switch
        {
            Maker.Ours => await ServerProgram.StartAsync($"--mode={mode}"),
            Maker.Node => await NodeServer.StartAsync(),
            _ => await UpstreamServer.StartAsync(transport, mode),
        };
        try
        {
            IAgentSide agent = pairing.Agent() switch
            {
                Maker.Ours => await AgentProgram.StartAsync(server.AgentPort, server.Agents),
                Maker.Node => await NodeAgent.StartAsync(server, "a1"),
                _ => await UpstreamAgent.StartAsync(server),
            };
            return new Topology(server, agent);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kept for the next test; disposed with the topology.</summary>
    public async Task<IFrontend> FrontendAsync(FrontendKind kind, Transport transport)
    {
        if (!_frontends.TryGetValue((kind, transport), out var frontend))
        {
            frontend = kind == FrontendKind.Sdk
                ? new SdkFrontend(SdkOptions(transport))
                : new NodeFrontend(await StartNodeFrontendAsync(transport));
            _frontends.Add((kind, transport), frontend);
        }

        return frontend;
    }

    public async Task WaitUntilIdleAsync()
    {
        await Server.WaitUntilIdleAsync();
        await Agent.WaitUntilIdleAsync();
    }

    public void Verify()
    {
        Server.Verify();
        Agent.Verify();
        foreach (var frontend in _frontends.Values.OfType<NodeFrontend>())
        {
            frontend.Peer.VerifyWire();
        }
    }

    public TunnelClientOptions SdkOptions(Transport transport)
    {
        var options = new TunnelClientOptions
        {
            Address = transport == Transport.UnixSocket
                ? new Uri($"unix://{Server.SocketPath}")
                : new Uri($"https://127.0.0.1:{Server.FrontendPort}"),
        };
        if (transport == Transport.MutualTls)
        {
            options.ClientCertificates.Add(Server.Frontends.Client("sdk").Certificate);
            options.ServerAuthorities.Add(Server.Frontends.Authority.Certificate);
        }

        return options;
    }

    public Task<NodePeer> StartNodeFrontendAsync(Transport transport) => transport == Transport.UnixSocket
        ? NodePeer.StartFrontendAsync($"unix:{Server.SocketPath}")
        : NodePeer.StartFrontendAsync(
            $"127.0.0.1:{Server.FrontendPort}", Server.Frontends.Client("frontend"), Server.Frontends.AuthorityFile);

    public async ValueTask DisposeAsync()
    {
        foreach (var frontend in _frontends.Values)
        {
            await frontend.DisposeAsync();
        }

        await Agent.DisposeAsync();
        await Server.DisposeAsync();
    }
}
