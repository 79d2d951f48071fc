using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Fleet;

/// <summary>One server of the fleet. Its ports stay the same when it is restarted.</summary>
internal sealed class HubServer(Rig rig, FleetSettings settings, int index) : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    /// <summary>It waits for its agents, a minute at most.</summary>
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(90);

    private readonly int _healthPort = rig.NextPort();
    private readonly int _adminPort = rig.NextPort();
    private ProgramProcess? _program;
    private IReadOnlyList<HubServer> _all = [];

    public string Id { get; } = $"hub-{index}";

    public string UnixSocket { get; } = rig.NextFile("f.sock");

    public int AgentPort { get; } = rig.NextPort();

    private int PeerPort { get; } = rig.NextPort();

    /// <param name="all">The fleet, itself included.</param>
    /// <param name="cancellationToken">Ends the wait for its health port.</param>
    public async Task StartAsync(IReadOnlyList<HubServer> all, CancellationToken cancellationToken)
    {
        _all = all;
        _program = ProgramStart.Start(settings.Server, Arguments(), []);
        await ProgramStart.WaitForPortAsync(_healthPort, _program, cancellationToken);
    }

    /// <summary>As an orchestrator does it: SIGTERM, its end, and its successor, which is ready.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        _program!.Signal(ProgramSignal.Terminate);
        await _program.WaitForExitAsync().WaitAsync(cancellationToken);
        await DisposeAsync();
        await StartAsync(_all, cancellationToken);
        await ProgramStart.WaitForReadyAsync(_healthPort, _program!, ReadyLimit, cancellationToken);
    }

    public ProcessUse ReadUse() => ProcFiles.Read(_program!.Id);

    public async Task<HubCounts> CountAsync(CancellationToken cancellationToken) =>
        HubCounts.Of(await Http.GetStringAsync(new Uri($"http://127.0.0.1:{_healthPort}/metrics"), cancellationToken));

    public async ValueTask DisposeAsync()
    {
        if (_program is not { } program)
        {
            return;
        }

        _program = null;
        await program.DisposeAsync();
        if (settings.Logs is { } folder)
        {
            await File.AppendAllLinesAsync(Path.Combine(folder, $"{Id}.log"), program.Lines.Select(static line => line.Text));
        }
    }

    private string[] Arguments()
    {
        var certificate = rig.Certificates.Peer(Id);
        return
        [
            "--mode=auto", "--agent-identity=claimed", "--proxy-strategies=destHost", $"--server-id={Id}", $"--server-count={_all.Count}",
            "--fan-out=2", $"--servers={List(static s => s.AgentPort)}", $"--peers={List(static s => s.PeerPort)}",
            $"--peer-port={PeerPort}", "--peer-bind-address=127.0.0.1", $"--peer-cert={certificate.CertificateFile}",
            $"--peer-key={certificate.KeyFile}", $"--peer-ca-cert={rig.Certificates.AuthorityFile}",
            $"--cluster-cert={rig.ServerCertificate.CertificateFile}", $"--cluster-key={rig.ServerCertificate.KeyFile}",
            $"--cluster-ca-cert={rig.Certificates.AuthorityFile}", $"--agent-port={AgentPort}", "--agent-bind-address=127.0.0.1",
            $"--uds-name={UnixSocket}", "--server-port=0", $"--health-port={_healthPort}", "--health-bind-address=127.0.0.1",
            $"--admin-port={_adminPort}", $"--agent-handshake-rate={settings.HandshakeRate}", "--graceful-shutdown-timeout=15s", $"--v={(settings.Logs is null ? 0 : 2)}",
        ];
    }

    private string List(Func<HubServer, int> port) => string.Join(',', _all.Select(s => $"{s.Id}=127.0.0.1:{port(s)}"));
}
