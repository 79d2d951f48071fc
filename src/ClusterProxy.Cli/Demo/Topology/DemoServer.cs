namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>The hub's side: one proxy-server with a TCP frontend, a Unix socket frontend and an agent port.</summary>
internal sealed class DemoServer : IAsyncDisposable
{
    private DemoServer(DemoProgram program, string socketPath)
    {
        Program = program;
        SocketPath = socketPath;
    }

    public DemoProgram Program { get; }

    public string SocketPath { get; }

    public int HealthPort => Program.Ports[0];

    public int FrontendPort => Program.Ports[1];

    public int AgentPort => Program.Ports[2];

    public int AdminPort => Program.Ports[3];

    public static async Task<DemoServer> StartAsync(
        ProgramLauncher launcher, PrivateFolder folder, DemoCertificates certificates, CancellationToken cancellationToken)
    {
        var socketPath = folder.File("frontend.sock");
        var program = await launcher.LaunchAsync(
            "proxy-server",
            "proxy-server",
            portCount: 4,
            ports =>
            [
                "--mode=auto",
                "--server-bind-address=127.0.0.1",
                $"--server-port={ports[1]}",
                $"--server-cert={certificates.FrontendServer.Certificate}",
                $"--server-key={certificates.FrontendServer.Key}",
                $"--server-ca-cert={certificates.FrontendCa}",
                $"--frontend-uds-name={socketPath}",
                "--agent-bind-address=127.0.0.1",
                $"--agent-port={ports[2]}",
                $"--cluster-cert={certificates.AgentServer.Certificate}",
                $"--cluster-key={certificates.AgentServer.Key}",
                $"--cluster-ca-cert={certificates.AgentCa}",
                "--health-bind-address=127.0.0.1",
                $"--health-port={ports[0]}",
                "--admin-bind-address=127.0.0.1",
                $"--admin-port={ports[3]}",

                "--agent-identity=certificate",

                // By cluster name only: with "default" in the list, a lost cluster's dials would go to any other agent.
                "--proxy-strategies=destHost",
            ],
            cancellationToken);
        return new DemoServer(program, socketPath);
    }

    public ValueTask DisposeAsync() => Program.DisposeAsync();
}
