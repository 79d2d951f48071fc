using System.Net;
using System.Net.Sockets;
using ClusterProxy.Agent.Tests.Scripted;

namespace ClusterProxy.Agent.Tests.Servers;

/// <summary>One attempt to open a tunnel: what is sent, and what is said when a step fails.</summary>
public sealed class ConnectTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _directory.Dispose();
        _certificates.Dispose();
    }

    [Fact]
    public async Task Connect_Metadata_IsAsTheServerExpects()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, server.Port) with { AgentIdentifiers = "host=a&host=b&ipv4=10.0.0.1" });

        var tunnel = await server.TunnelAsync();

        Assert.Equal("agent-under-test", tunnel.Metadata["agentid"]);
        Assert.Equal("host=a&host=b&ipv4=10.0.0.1", tunnel.Metadata["agentidentifiers"]);
        Assert.Equal("application/grpc", tunnel.Metadata["content-type"]);
        Assert.Equal("trailers", tunnel.Metadata["te"]);
        Assert.Contains("half-close", tunnel.Metadata["clusterproxy-features"].ToString());
        Assert.False(tunnel.Metadata.ContainsKey("authorization"));
        Assert.False(tunnel.Metadata.ContainsKey("traceparent"));
    }

    [Fact]
    public async Task Connect_NoIdentifiers_SendsTheEmptyValue()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        var tunnel = await server.TunnelAsync();

        Assert.True(tunnel.Metadata.TryGetValue("agentidentifiers", out var identifiers));
        Assert.Equal("", identifiers.ToString());
    }

    [Fact]
    public async Task Connect_Token_IsTrimmedAndReadAgainEachTime()
    {
        var path = _directory.File("token");
        await File.WriteAllTextAsync(path, "first\n");
        await using var server = await ScriptedServer.StartAsync(_certificates);
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, server.Port) with { ServiceAccountTokenPath = path });
        Assert.Equal("Bearer first", (await server.TunnelAsync()).Metadata["authorization"]);

        await File.WriteAllTextAsync(path, "second");
        (await server.TunnelAsync()).End();

        Assert.Equal("Bearer second", (await server.TunnelAsync(1)).Metadata["authorization"]);
        Assert.DoesNotContain(agent.Records, r => r.Message.Contains("first", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connect_TokenUnreadable_IsTriedAgain()
    {
        var path = _directory.File("token");
        await using var server = await ScriptedServer.StartAsync(_certificates);
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, server.Port) with { ServiceAccountTokenPath = path });
        var failure = await FailureAsync(agent, "token");
        Assert.Contains(path, failure);

        await File.WriteAllTextAsync(path, "late");

        Assert.Equal("Bearer late", (await server.TunnelAsync()).Metadata["authorization"]);
    }

    [Fact]
    public async Task Connect_ClientCertificate_IsShown()
    {
        var client = _certificates.Client("the agent");
        var subject = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedServer.StartAsync(_certificates, clientCertificate: sent => subject.TrySetResult(sent?.Subject ?? "none"));
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, server.Port) with { AgentCert = client.CertificateFile, AgentKey = client.KeyFile });

        Assert.Equal("CN=the agent", await subject.Task.DefaultTimeout());
    }

    [Fact]
    public async Task Connect_ClientCertificateRefused_PointsAtIt()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates, clientCertificate: static _ => false);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        var failure = await FailureAsync(agent, "call");

        Assert.Contains("broke the connection off", failure);
        Assert.Contains("its log says whether it refused --agent-cert, or wants one", failure);
        Assert.DoesNotContain("disposed", failure);
    }

    [Fact]
    public async Task Connect_ForeignAuthority_SaysSoWithTheNamesSeen()
    {
        using var foreign = new TestCertificates("foreign CA");
        await using var server = await ScriptedServer.StartAsync(foreign);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        var failure = await FailureAsync(agent, "tls");

        Assert.Contains("not accepted", failure);
        Assert.Contains("foreign CA", failure);
        Assert.Contains("--ca-cert holds the authority of its certificate", failure);
        Assert.Contains("127.0.0.1", failure);
    }

    [Fact]
    public async Task Connect_WrongName_SaysWhichNamesItSaw()
    {
        var other = _certificates.Server("other.example");
        await using var server = await ScriptedServer.StartAsync(_certificates, certificate: other.Certificate);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        Assert.Contains("names [other.example]; name the server in --proxy-server-host as its certificate does", await FailureAsync(agent, "tls"));
    }

    [Fact]
    public async Task Connect_ExpiredCertificate_SaysSo()
    {
        var expired = _certificates.ExpiredServer();
        await using var server = await ScriptedServer.StartAsync(_certificates, certificate: expired.Certificate);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        var failure = await FailureAsync(agent, "tls");
        Assert.Contains("expired", failure);
        Assert.Contains("renew it", failure);
    }

    [Fact]
    public async Task Connect_NobodyListens_NamesTheAddress()
    {
        using var port = new RefusingPort();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, port.Port);

        var failure = await FailureAsync(agent, "tcp");
        Assert.Contains($"dial tcp 127.0.0.1:{port.Port}: connect: connection refused", failure);
        Assert.Contains("--proxy-server-host and --proxy-server-port", failure);
    }

    [Fact]
    public async Task Connect_UnknownName_NamesIt()
    {
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates) with { ProxyServerHost = [new HostPort("nowhere.invalid", 8091)] });

        var failure = await FailureAsync(agent, "resolve");
        Assert.Contains("nowhere.invalid", failure);
        Assert.Contains("check this machine's DNS", failure);
    }

    [Fact]
    public async Task Connect_PortThatSpeaksNoTls_SaysSo()
    {
        await using var plain = new ServerFirstTarget();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, plain.Port);

        Assert.Contains("what came back is no TLS; check that it is a proxy-server's agent port", await FailureAsync(agent, "tls"));
    }

    [Fact]
    public async Task Connect_SilentAfterAccept_FailsTheStepAndTheNextServerIsTried()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var server = await ScriptedServer.StartAsync(_certificates);
        var options = AgentUnderTest.Options(_certificates, ((IPEndPoint)silent.LocalEndpoint).Port, server.Port);
        await using var agent = await AgentUnderTest.StartAsync(options with { ConnectTimeout = TimeSpan.FromMilliseconds(500) });

        await server.TunnelAsync();
    }

    [Fact]
    public async Task Connect_SilentAfterAccept_SaysWhichStep()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var options = AgentUnderTest.Options(_certificates, ((IPEndPoint)silent.LocalEndpoint).Port);
        await using var agent = await AgentUnderTest.StartAsync(options with { ConnectTimeout = TimeSpan.FromSeconds(1) });

        Assert.Contains("took longer than 1 s; see what is there, or raise --connect-timeout", await FailureAsync(agent, "tls"));
    }

    [Fact]
    public async Task Connect_HeadersNeverCome_FailsTheStep()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        server.Refuse = async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        var time = new ManualTime();
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, server.Port) with { ConnectTimeout = TimeSpan.FromSeconds(1) }, time);
        await server.Calls.WaitForAsync(1).DefaultTimeout();

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("took longer than 1 s", await FailureAsync(agent, "call"));
    }

    [Theory]
    [InlineData("2", "missing agent id")]
    [InlineData("16", "token refused")]
    public async Task Connect_ServerRefuses_CarriesItsText(string status, string message)
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        server.Refuse = context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = status;
            context.Response.Headers["grpc-message"] = message;
            return Task.FromResult(true);
        };
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        Assert.Contains(message, await FailureAsync(agent, "call"));
    }

    [Fact]
    public async Task Connect_NoGrpcServer_SaysSo()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        server.Refuse = static context =>
        {
            context.Response.StatusCode = 404;
            return Task.FromResult(true);
        };
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        Assert.Contains("404", await FailureAsync(agent, "call"));
    }

    [Theory]
    [InlineData("many", "which is no number")]
    [InlineData("", "servercount")]
    public async Task Connect_BadServerCount_IsRefused(string count, string error)
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        server.ServerCount = count;
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        Assert.Contains(error, await FailureAsync(agent, "call"));
        Assert.Equal(0, agent.Host.OpenTunnels);
    }

    [Fact]
    public async Task Connect_NoServerId_IsRefused()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates);
        server.Refuse = static async context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["servercount"] = "1";
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        Assert.Contains("0 serverid headers", await FailureAsync(agent, "call"));
    }

    [Fact, Trait("Spec", "7.18")]
    public async Task Connect_ExtraAlpn_IsOfferedAndCanBeSelected()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates, protocol: "konnectivity-router");
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, server.Port) with { AlpnProto = ["konnectivity-router"] });

        await server.TunnelAsync();
    }

    [Fact]
    public async Task Connect_ThroughProxy_SendsCredentialsAndTheServersName()
    {
        var certificate = _certificates.Server("server.example");
        await using var server = await ScriptedServer.StartAsync(_certificates, certificate: certificate.Certificate);
        await using var proxy = new ConnectProxy(server.Port);
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates) with { ProxyServerHost = [new HostPort("server.example", 8091)] },
            environment: n => n == "HTTPS_PROXY" ? $"http://user:secret@127.0.0.1:{proxy.Port}" : null);

        await server.TunnelAsync();

        var request = await proxy.Requests.WaitForAsync(static _ => true).DefaultTimeout();
        Assert.StartsWith("CONNECT server.example:8091 HTTP/1.1\r\nHost: server.example:8091\r\n", request);
        Assert.Contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n", request);
        Assert.DoesNotContain(agent.Records, r => r.Message.Contains("secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required")]
    [InlineData("SSH-2.0-x\r\n\r\n", "no HTTP")]
    [InlineData("", "without an answer")]
    public async Task Connect_ProxyRefuses_SaysHow(string answer, string error)
    {
        await using var proxy = new ConnectProxy(1, answer);
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates) with { ProxyServerHost = [new HostPort("server.example", 8091)] },
            environment: n => n == "HTTPS_PROXY" ? $"http://127.0.0.1:{proxy.Port}" : null);

        Assert.Contains(error, await FailureAsync(agent, "proxy"));
    }

    private static async Task<string> FailureAsync(AgentUnderTest agent, string step)
    {
        var record = await agent.Log.WaitForAsync(r => r.EventName == "ConnectFailed").DefaultTimeout();
        Assert.True(Equals(step, record.Values["Step"]), record.Message);
        return record.Message;
    }
}
