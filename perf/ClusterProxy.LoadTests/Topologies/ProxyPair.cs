using ClusterProxy.LoadTests.Relays;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>A running proxy-server with its agents, shared by the topologies that differ only in the frontend.</summary>
internal sealed class ProxyPair(Rig rig, PairSettings settings)
{
    private readonly List<(ProgramProcess Program, int HealthPort)> _agents = [];
    private readonly int _healthPort = rig.NextPort();
    private ProgramProcess? _server;
    private DelayRelay? _relay;

    public string UnixSocket { get; private set; } = "";

    public int FrontendPort { get; private set; }

    public int AgentPort { get; private set; }

    /// <summary>What the server says at <c>/metrics</c>.</summary>
    public Uri Metrics => new($"http://127.0.0.1:{_healthPort}/metrics");

    /// <summary>The same of server and agents.</summary>
    public IEnumerable<Uri> AllMetrics => [Metrics, .. _agents.Select(static a => new Uri($"http://127.0.0.1:{a.HealthPort}/metrics"))];

    public IEnumerable<int> ServerIds => _server is { } server ? [server.Id] : [];

    public IEnumerable<int> AgentIds => _agents.Select(static a => a.Program.Id);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_server is not null)
        {
            return;
        }

        AgentPort = rig.NextPort();
        FrontendPort = rig.NextPort();
        UnixSocket = rig.NextFile("f.sock");
        await StartServerAsync(cancellationToken);
        var agentsPort = AgentPort;
        if (settings.Delay > TimeSpan.Zero)
        {
            agentsPort = rig.NextPort();
            _relay = new DelayRelay(agentsPort, AgentPort, settings.Delay);
        }

        for (var i = 0; i < settings.Agents; i++)
        {
            var agentHealthPort = rig.NextPort();
            var agent = ProgramStart.Start(settings.Agent, AgentArguments(agentsPort, agentHealthPort, i), settings.Environment);
            _agents.Add((agent, agentHealthPort));
            await ProgramStart.WaitForReadyAsync(agentHealthPort, agent, cancellationToken);
        }

        await ProgramStart.WaitForReadyAsync(_healthPort, _server!, cancellationToken);
    }

    /// <summary>Kills the server and starts another one on its ports; returns when that is up, whoever is connected.</summary>
    public async Task ReplaceServerAsync(CancellationToken cancellationToken)
    {
        await EndAsync(_server!, "server");
        await StartServerAsync(cancellationToken);
    }

    public async Task StopAsync()
    {
        foreach (var (agent, _) in _agents)
        {
            await EndAsync(agent, "agent");
        }

        _agents.Clear();
        if (_relay is { } relay)
        {
            _relay = null;
            await relay.DisposeAsync();
        }

        if (_server is { } server)
        {
            _server = null;
            await EndAsync(server, "server");
        }
    }

    private async Task StartServerAsync(CancellationToken cancellationToken)
    {
        _server = ProgramStart.Start(settings.Server, ServerArguments(_healthPort), settings.Environment);
        await ProgramStart.WaitForPortAsync(_healthPort, _server, cancellationToken);
    }

    private async Task EndAsync(ProgramProcess program, string role)
    {
        var log = settings.Logs is { } folder ? Path.Combine(folder, $"{role}-{program.Id}.log") : null;
        await program.DisposeAsync();
        if (log is not null)
        {
            await File.WriteAllLinesAsync(log, program.Lines.Select(line => line.Text));
        }
    }

    private IEnumerable<string> ServerArguments(int healthPort)
    {
        string[] common =
        [
            $"--cluster-cert={rig.ServerCertificate.CertificateFile}", $"--cluster-key={rig.ServerCertificate.KeyFile}",
            $"--cluster-ca-cert={rig.Certificates.AuthorityFile}", $"--agent-port={AgentPort}", "--agent-bind-address=127.0.0.1",
            $"--health-port={healthPort}", "--health-bind-address=127.0.0.1", $"--admin-port={rig.NextPort()}",
            $"--v={settings.Verbosity}", .. settings.ServerFlags.Select(static flag => $"--{flag}"),
        ];
        return settings.Mode is { } mode
            ? [.. common, $"--mode={mode}", $"--uds-name={UnixSocket}", "--server-port=0"]
            :
            [
                .. common, "--mode=auto", "--agent-identity=claimed", $"--frontend-uds-name={UnixSocket}", $"--server-port={FrontendPort}",
                "--server-bind-address=127.0.0.1", $"--server-cert={rig.ServerCertificate.CertificateFile}",
                $"--server-key={rig.ServerCertificate.KeyFile}", $"--server-ca-cert={rig.Certificates.AuthorityFile}",
            ];
    }

    private string[] AgentArguments(int serverPort, int healthPort, int index) =>
    [
        $"--ca-cert={rig.Certificates.AuthorityFile}", $"--agent-cert={rig.AgentCertificate.CertificateFile}",
        $"--agent-key={rig.AgentCertificate.KeyFile}", "--proxy-server-host=127.0.0.1", $"--proxy-server-port={serverPort}",
        "--health-server-host=127.0.0.1", $"--health-server-port={healthPort}", $"--admin-server-port={rig.NextPort()}",
        $"--agent-id=load-test-{index}", $"--v={settings.Verbosity}", .. settings.AgentFlags.Select(static flag => $"--{flag}"),
    ];
}
