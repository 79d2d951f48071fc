using ClusterProxy.Client;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Metrics;

/// <summary>A server and an agent that have seen all kinds of traffic, and what their /metrics said afterwards.</summary>
public sealed class TrafficFixture : IAsyncLifetime
{
    /// <summary>Dials that succeeded.</summary>
    public const int Connections = 7;

    /// <summary>Dials that the agent refused; one of them by its timeout.</summary>
    public const int RefusedDials = 3;

    private AgentProgram _agent = null!;
    private TcpRelay _relay = null!;

    public ServerProgram Server { get; private set; } = null!;

    public string ServerText { get; private set; } = "";

    public string AgentText { get; private set; } = "";

    public IReadOnlyDictionary<string, PrometheusFamily> ServerMetrics => PrometheusTextParser.Parse(ServerText);

    public IReadOnlyDictionary<string, PrometheusFamily> AgentMetrics => PrometheusTextParser.Parse(AgentText);

    public async Task InitializeAsync()
    {
        Server = await ServerProgram.StartAsync("--mode=auto", "--proxy-strategies=destHost,defaultRoute,default");
        _relay = new TcpRelay(Server.AgentPort);
        _agent = await AgentProgram.StartAsync(
            _relay.Port, Server.Agents, "--agent-identifiers=ipv4=127.0.0.1&host=localhost&default-route=true");

        await using (var grpc = Client(TunnelTransport.Grpc))
        await using (var connect = Client(TunnelTransport.HttpConnect))
        {
            await ConnectAsync(grpc);
            await RefuseAsync(grpc);
            await CancelAsync(grpc);
            await ConnectAsync(connect);
            await LoseAgentAsync(grpc);
        }

        await Server.WaitUntilIdleAsync();
        await _agent.WaitUntilIdleAsync();
        ServerText = await Server.Metrics.ReadTextAsync();
        AgentText = await _agent.Metrics.ReadTextAsync();
        Server.Verify();
        _agent.Verify();
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _relay.DisposeAsync();
        await Server.DisposeAsync();
    }

    // 3 connections.
    private static async Task ConnectAsync(TunnelClient client)
    {
        await using var echo = new EchoTarget();
        for (var i = 0; i < 3; i++)
        {
            await using var connection = await client.ConnectAsync(echo.Address).DefaultTimeout();
            await connection.WriteAsync("hello"u8.ToArray()).DefaultTimeout();
            await connection.ReadExactlyAsync(new byte[5]).DefaultTimeout();
        }
    }

    private static async Task RefuseAsync(TunnelClient client)
    {
        using var refusing = new RefusingPort();
        await using var hole = await BlackHole.CreateAsync();
        foreach (var address in new[] { refusing.Address, "no-such-host.invalid:1", hole.Address })
        {
            await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync(address).DefaultTimeout());
        }
    }

    private async Task CancelAsync(TunnelClient client)
    {
        await using var hole = await BlackHole.CreateAsync();
        using var cancel = new CancellationTokenSource();
        var dial = client.ConnectAsync(hole.Address, cancel.Token);
        await Server.WaitForMetricAsync(1, "pending_backend_dials");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial.DefaultTimeout());
        await Server.WaitUntilIdleAsync();
    }

    // 1 connection.
    private async Task LoseAgentAsync(TunnelClient client)
    {
        await using var echo = new EchoTarget();
        await using var connection = await client.ConnectAsync(echo.Address).DefaultTimeout();
        _relay.Cut();
        await Assert.ThrowsAsync<IOException>(() => connection.ReadAsync(new byte[1]).AsTask().DefaultTimeout());
        await Server.WaitForMetricAsync(0, "established_connections");
        await Server.WaitForMetricAsync(2, "ready_backends", ("proxy_strategy", "destHost"));
        await _agent.WaitForMetricAsync(1, "open_server_connections");
    }

    private TunnelClient Client(TunnelTransport transport)
    {
        var options = new TunnelClientOptions { Address = new Uri($"https://127.0.0.1:{Server.FrontendPort}"), Transport = transport };
        options.ClientCertificates.Add(Server.Frontends.Client("sdk").Certificate);
        options.ServerAuthorities.Add(Server.Frontends.Authority.Certificate);
        return new TunnelClient(options);
    }
}
