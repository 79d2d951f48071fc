namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>All that runs: one server, the clusters <c>alpha</c> and <c>beta</c>, the frontends, and in the end a gateway.</summary>
internal sealed class DemoTopology : IAsyncDisposable
{
    private static readonly string[] ClusterNames = ["alpha", "beta"];
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    private readonly PrivateFolder _folder;
    private readonly TimeProvider _time;
    private readonly ProgramLauncher _launcher;
    private readonly List<DemoCluster> _clusters = [];
    private readonly Dictionary<FrontendKind, DemoFrontend> _frontends = [];
    private DemoServer? _server;

    public DemoTopology(PrivateFolder folder, DemoCertificates certificates, DemoGuard guard, TimeProvider time)
    {
        _folder = folder;
        _time = time;
        Certificates = certificates;
        Health = new HealthPort(time);
        _launcher = new ProgramLauncher(folder, guard, Health, time);
    }

    public DemoCertificates Certificates { get; }

    public HealthPort Health { get; }

    public IReadOnlyList<DemoCluster> Clusters => _clusters;

    public DemoServer Server => _server ?? throw new InvalidOperationException("the proxy-server was not started");

    /// <summary>Null before its step.</summary>
    public DemoGateway? Gateway { get; private set; }

    /// <summary>Those started so far and not replaced.</summary>
    public IEnumerable<DemoProgram> Programs =>
        new[] { _server?.Program }.Concat(_clusters.Select(static c => c.Agent)).Append(Gateway?.Program).OfType<DemoProgram>();

    /// <summary>Starts the programs; returns when all of them serve their health port, connected or not.</summary>
    public async Task StartAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        foreach (var name in ClusterNames)
        {
            _clusters.Add(await DemoCluster.CreateAsync(name, Certificates, _time, cancellationToken));
        }

        progress.Report(0.2);
        _server = await DemoServer.StartAsync(_launcher, _folder, Certificates, cancellationToken);
        progress.Report(0.5);
        await Task.WhenAll(_clusters.Select(c => StartAgentAsync(c, cancellationToken)));
        progress.Report(0.8);
        foreach (var kind in Enum.GetValues<FrontendKind>())
        {
            _frontends.Add(kind, new DemoFrontend(kind, _server, Certificates, _time));
        }
    }

    public Task StartAgentAsync(DemoCluster cluster, CancellationToken cancellationToken) =>
        cluster.StartAgentAsync(_launcher, Server, Certificates, cancellationToken);

    public async Task StartGatewayAsync(CancellationToken cancellationToken) =>
        Gateway = await DemoGateway.StartAsync(_launcher, _folder, Server, Certificates, ClusterNames, cancellationToken);

    public DemoFrontend Frontend(FrontendKind kind) => _frontends[kind];

    /// <summary>Waits until server and agents say that they can serve; returns what is still wrong, null for nothing.</summary>
    public Task<string?> SettleAsync(TimeSpan patience, CancellationToken cancellationToken) =>
        Health.SettlesAsync(FaultAsync, patience, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // Connections first, so that the programs have nothing left to drain.
        await Task.WhenAll(_frontends.Values.Select(static f => f.DisposeAsync().AsTask()));
        await Task.WhenAll(Programs.Select(static p => p.StopAsync(StopGrace)));
        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }

        await Task.WhenAll(_clusters.Select(static c => c.DisposeAsync().AsTask()));
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Health.Dispose();
    }

    private async Task<string?> FaultAsync(CancellationToken cancellationToken)
    {
        foreach (var program in Programs)
        {
            if (await Health.ReadinessFaultAsync(program, cancellationToken) is { } fault)
            {
                return fault;
            }
        }

        const string Agents = "konnectivity_network_proxy_server_ready_backends{proxy_strategy=\"destHost\"}";
        var ready = await Health.MetricAsync(Server.Program, Agents, cancellationToken);
        return ready == $"{_clusters.Count}" ? null : $"{Agents} is {ready}, not {_clusters.Count}";
    }
}
