using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Agent.Tests;

/// <summary>The program as upstream's integration suite drives it: every flag as --name=value, health by polling, signals.</summary>
public sealed class AgentProgramTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly FreePorts _ports = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public void Dispose()
    {
        _http.Dispose();
        _ports.Dispose();
        _certificates.Dispose();
    }

    [Fact, Trait("Spec", "7.13")]
    public async Task Program_EveryFlagSet_ConnectsServesDrainsAndDies()
    {
        await using var target = new EchoTarget();
        await using var server = await ScriptedServer.StartAsync(_certificates);
        var (health, admin) = (_ports.Next(), _ports.Next());
        await using var program = ProgramProcess.StartBuilt(BuiltProgram.ProxyAgent, EveryFlag(server.Port, health, admin));
        await program.WaitForUrlAsync(new Uri($"http://127.0.0.1:{health}/healthz"), _http);
        await program.WaitForUrlAsync(new Uri($"http://127.0.0.1:{health}/readyz"), _http);
        var metrics = await _http.GetStringAsync(new Uri($"http://127.0.0.1:{health}/metrics"));
        Assert.Contains("\nkonnectivity_network_proxy_agent_open_server_connections 1\n", metrics);
        using var moved = await _http.GetAsync(new Uri($"http://127.0.0.1:{admin}/metrics"));
        Assert.Equal(301, (int)moved.StatusCode);
        Assert.Equal(health, moved.Headers.Location!.Port);
        var tunnel = await server.TunnelAsync();

        program.Signal(ProgramSignal.Terminate);
        await tunnel.ReceiveAsync(PacketType.Drain);
        var id = await tunnel.ConnectAsync(target.Address);
        await tunnel.SendDataAsync(id, "x"u8.ToArray());
        await tunnel.ReceiveDataAsync(id, 1);

        program.Signal(ProgramSignal.Kill);
        Assert.NotEqual(0, await program.WaitForExitAsync());
        Assert.False(await tunnel.AgentEnded.Task.DefaultTimeout());
    }

    [Fact]
    public async Task Program_TermTwice_ExitsAtOnceWithCode1()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        await using var program = ProgramProcess.StartBuilt(BuiltProgram.ProxyAgent, EveryFlag(server.Port, _ports.Next(), _ports.Next()));
        var tunnel = await server.TunnelAsync();
        await program.WaitForLineAsync("is open");
        program.Signal(ProgramSignal.Terminate);
        await tunnel.ReceiveAsync(PacketType.Drain);

        program.Signal(ProgramSignal.Terminate);

        await program.ExpectExitAsync(1);
    }

    [Fact]
    public async Task Program_TermWhileIdle_ExitsByItselfWithCode0()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        await using var program = ProgramProcess.StartBuilt(BuiltProgram.ProxyAgent, EveryFlag(server.Port, _ports.Next(), _ports.Next()));
        var tunnel = await server.TunnelAsync();
        await program.WaitForLineAsync("is open");

        program.Signal(ProgramSignal.Terminate);

        await tunnel.ReceiveAsync(PacketType.Drain);
        await program.ExpectExitAsync(0);
        Assert.True(await tunnel.AgentEnded.Task.DefaultTimeout());
    }

    [Fact]
    public async Task Program_HealthPortInUse_SaysWhichFlag()
    {
        await using var taken = new EchoTarget();
        await using var program = ProgramProcess.StartBuilt(BuiltProgram.ProxyAgent, EveryFlag(1, taken.Port, _ports.Next()));

        await program.WaitForLineAsync("--health-server-port");
        await program.ExpectExitAsync(1);
    }

    [Theory]
    [InlineData("--allow-target=10.0.0.0/40", "--allow-target")]
    [InlineData("--target-alias=nonsense", "--target-alias")]
    public async Task Program_BadTargetFlag_SaysWhichFlag(string argument, string flag)
    {
        await using var program = ProgramProcess.StartBuilt(
            BuiltProgram.ProxyAgent, [.. EveryFlag(1, _ports.Next(), _ports.Next()), argument]);

        await program.WaitForLineAsync(flag);
        await program.ExpectExitAsync(1);
    }

    private string[] EveryFlag(int server, int health, int admin)
    {
        var client = _certificates.Client();
        return
        [
            "--admin-bind-address=127.0.0.1",
            $"--admin-server-port={admin}",
            $"--agent-cert={client.CertificateFile}",
            "--agent-id=program",
            "--agent-identifiers=",
            $"--agent-key={client.KeyFile}",
            "--alpn-proto=[]",
            $"--ca-cert={_certificates.AuthorityFile}",
            "--count-server-leases=false",
            "--enable-contention-profiling=false",
            "--enable-profiling=false",
            "--health-server-host=127.0.0.1",
            $"--health-server-port={health}",
            "--keepalive-time=1h0m0s",
            "--kube-api-content-type=application/vnd.kubernetes.protobuf",
            "--kubeconfig=",
            "--lease-label=k8s-app=konnectivity-server",
            "--lease-label-selector=k8s-app=konnectivity-server",
            "--lease-namespace=kube-system",
            "--probe-interval=100ms",
            "--proxy-server-host=127.0.0.1",
            $"--proxy-server-port={server}",
            "--server-count-source=default",
            "--service-account-token-path=",
            "--sync-forever=false",
            "--sync-interval=100ms",
            "--sync-interval-cap=1s",
            "--warn-on-channel-limit=false",
            "--xfr-channel-size=150",
        ];
    }
}
