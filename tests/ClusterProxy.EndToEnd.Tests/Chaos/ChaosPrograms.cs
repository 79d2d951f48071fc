using ClusterProxy.Client;

namespace ClusterProxy.EndToEnd.Tests.Chaos;

/// <summary>
/// A server, two agents and a target as processes of their own, any of which is killed and started again, as an orchestrator does.
/// </summary>
internal sealed class ChaosPrograms : IAsyncDisposable
{
    private const int Agents = 2;

    private readonly TestCertificates _agentPlane = new("agents");
    private readonly TestCertificates _frontendPlane = new("frontends");
    private readonly AuditFile _audit = new();
    private readonly Dictionary<string, string> _serverFlags;
    private readonly Dictionary<string, string>[] _agentFlags;
    private readonly ProgramProcess?[] _agents = new ProgramProcess?[Agents];
    private readonly int _targetPort = FreePorts.Shared.Next();
    private readonly List<ProgramProcess> _targets = [];
    private readonly TcpRelay _agentAddress;
    private readonly List<TunnelClient> _clients = [];
    private ProgramProcess? _server;
    private int _questions;

    public ChaosPrograms()
    {
        _serverFlags = LoopbackPrograms.Server(_agentPlane, _frontendPlane);
        _serverFlags["audit-log-path"] = _audit.Path;
        _agentAddress = new TcpRelay(int.Parse(_serverFlags["agent-port"])).Disturb(SeededRandom.SeedOfThisRun);
        _agentFlags =
        [
            .. Enumerable.Range(0, Agents).Select(i => LoopbackPrograms.Agent($"agent-{i}", _agentPlane, _agentAddress.Port, FreePorts.Shared.Next())),
        ];
    }

    /// <summary>What frontends dial.</summary>
    public string Address => $"127.0.0.1:{_targetPort}";

    /// <summary>What targets have said of uploads with wrong bytes.</summary>
    public IEnumerable<string> Wrong =>
        _targets.SelectMany(static t => t.Lines).Select(static l => l.Text).Where(static text => text.StartsWith("wrong", StringComparison.Ordinal));

    /// <summary>When the server that runs was started.</summary>
    public DateTime ServerStarted { get; private set; }

    public IEnumerable<System.Text.Json.JsonElement> Audit => _audit.Lines;

    public async Task StartAsync()
    {
        await StartTargetAsync();
        await StartServerAsync();
        for (var i = 0; i < Agents; i++)
        {
            _agents[i] = LoopbackPrograms.StartAgent(_agentFlags[i]);
        }

        await WaitForAgentsAsync();
    }

    /// <summary>Kills it, and returns when it is there again and all agents with it.</summary>
    /// <param name="victim">What is killed.</param>
    /// <param name="seed">Decides how a way breaks.</param>
    public async Task ReplaceAsync(ChaosVictim victim, int seed)
    {
        switch (victim)
        {
            case ChaosVictim.Server:
                await KillAsync(_server!);
                await StartServerAsync();
                break;
            case ChaosVictim.Target:
                await KillAsync(_targets[^1]);
                await StartTargetAsync();
                break;
            case ChaosVictim.Way:
                await FaultPlan.Create(seed, breaks: true, bytes: 1_000_000)
                    .RunAsync(_agentAddress, TimeProvider.System, CancellationToken.None).DefaultTimeout();
                break;
            default:
                var index = victim == ChaosVictim.FirstAgent ? 0 : 1;
                await KillAsync(_agents[index]!);
                _agents[index] = LoopbackPrograms.StartAgent(_agentFlags[index]);
                break;
        }

        await WaitForAgentsAsync();
    }

    public TunnelClient Client(TunnelTransport transport, int lanes = 0)
    {
        var options = LoopbackClient.Options(int.Parse(_serverFlags["server-port"]), _frontendPlane);
        options.Transport = transport;
        options.Lanes = lanes;
        var client = new TunnelClient(options);
        _clients.Add(client);
        return client;
    }

    /// <summary>Waits until server, agents and target hold nothing of any frontend.</summary>
    public async Task ShouldBecomeIdleAsync()
    {
        await Page(_serverFlags["health-port"]).WaitForZeroAsync(
            ServerMetric.Established, ServerMetric.PendingDials, ServerMetric.HttpConnections, ServerMetric.QueuedBytes,
            ServerMetric.FrontendQueuedBytes, ServerMetric.BufferedBytes, ServerMetric.PromisedBytes, ServerMetric.CreditViolations);
        foreach (var flags in _agentFlags)
        {
            await Page(flags["health-server-port"]).WaitForZeroAsync(
                AgentMetric.OpenTargets, AgentMetric.PendingDials, AgentMetric.BufferedBytes, AgentMetric.PromisedBytes, AgentMetric.CreditViolations);
        }

        await Eventually.ObserveAsync(AskTargetAsync, static answer => answer.EndsWith("open 0", StringComparison.Ordinal));

        // It ends with another code if a connection began with anything but a request.
        _targets[^1].CloseInput();
        await _targets[^1].ExpectExitAsync(0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync().DefaultTimeout();
        }

        foreach (var program in _agents.Append(_server).Concat(_targets).OfType<ProgramProcess>())
        {
            await program.DisposeAsync();
        }

        await _agentAddress.DisposeAsync().DefaultTimeout();
        _audit.Dispose();
        _agentPlane.Dispose();
        _frontendPlane.Dispose();
    }

    private static async Task KillAsync(ProgramProcess program)
    {
        program.Signal(ProgramSignal.Kill);
        await program.ExpectExitAsync(128 + 9);
        await program.DisposeAsync();
    }

    private async Task StartServerAsync()
    {
        ServerStarted = DateTime.UtcNow;
        _server = LoopbackPrograms.StartServer(_serverFlags);
        await _server.WaitForUrlAsync(new Uri($"http://127.0.0.1:{_serverFlags["health-port"]}/healthz"));
    }

    private async Task StartTargetAsync()
    {
        var target = ProgramProcess.StartBuilt(BuiltProgram.PatternTarget, [$"{_targetPort}"]);
        _targets.Add(target);
        await target.WaitForLineAsync("listening");
    }

    private async Task<string> AskTargetAsync()
    {
        var question = $"question {++_questions}";
        await _targets[^1].WriteLineAsync(question);
        return await _targets[^1].WaitForLineAsync($"{question}:");
    }

    private async Task WaitForAgentsAsync() => await Page(_serverFlags["health-port"]).WaitForAsync("clusterproxy_server_agent_tunnels", Agents, ("state", "ready"));

    private static MetricsPage Page(string port) => new(int.Parse(port));
}
