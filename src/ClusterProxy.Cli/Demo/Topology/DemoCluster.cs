using ClusterProxy.Cli.Demo.Apis;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>A managed cluster: its API, an address where nothing listens, and the agent that reaches both.</summary>
internal sealed class DemoCluster : IAsyncDisposable
{
    /// <summary>The port under the cluster's name behind which nothing listens.</summary>
    public const int DeadTargetPort = 81;

    private readonly ManagedApi _api;
    private readonly DeadPort _dead = new();
    private readonly CertificateFiles _identity;

    private DemoCluster(string name, ManagedApi api, CertificateFiles identity)
    {
        Name = name;
        _api = api;
        _identity = identity;
    }

    public string Name { get; }

    /// <summary>Null before the first start.</summary>
    public DemoProgram? Agent { get; private set; }

    public static async Task<DemoCluster> CreateAsync(
        string name, DemoCertificates certificates, TimeProvider time, CancellationToken cancellationToken)
    {
        using var leaf = certificates.IssueApi(name);
        return new DemoCluster(name, await ManagedApi.StartAsync(name, leaf, time, cancellationToken), certificates.IssueAgent(name));
    }

    /// <summary>Starts the agent, or another one after the last was killed.</summary>
    public async Task StartAgentAsync(
        ProgramLauncher launcher, DemoServer server, DemoCertificates certificates, CancellationToken cancellationToken)
    {
        if (Agent is { } last)
        {
            await last.DisposeAsync();
        }

        Agent = await launcher.LaunchAsync(
            $"proxy-agent {Name}",
            "proxy-agent",
            portCount: 2,
            ports =>
            [
                "--proxy-server-host=127.0.0.1",
                $"--proxy-server-port={server.AgentPort}",
                $"--ca-cert={certificates.AgentCa}",
                $"--agent-cert={_identity.Certificate}",
                $"--agent-key={_identity.Key}",
                $"--agent-id=agent-{Name}",
                $"--agent-identifiers=host={Name}",
                $"--target-alias={Name}:443=127.0.0.1:{_api.Port}",
                $"--target-alias={Name}:{DeadTargetPort}=127.0.0.1:{_dead.Number}",
                "--health-server-host=127.0.0.1",
                $"--health-server-port={ports[0]}",
                "--admin-bind-address=127.0.0.1",
                $"--admin-server-port={ports[1]}",
            ],
            cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Agent is { } agent)
        {
            await agent.DisposeAsync();
        }

        await _api.DisposeAsync();
        _dead.Dispose();
    }
}
