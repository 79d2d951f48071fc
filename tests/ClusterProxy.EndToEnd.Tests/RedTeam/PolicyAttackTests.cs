using ClusterProxy.Client;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>Ways around who may dial what: spellings that a rule and an agent could read differently.</summary>
public sealed class PolicyAttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    /// <summary>The scripted frontends of these tests are <c>cn:client</c>.</summary>
    private const string Rules = """
        rules:
        - subjects: ["cn:bystander"]
          hosts: ["*"]
        - subjects: ["cn:client"]
          clusters: [alpha]
          ports: [443]
        - subjects: ["cn:client"]
          hosts: [node1, "*.internal"]
          cidrs: [10.0.0.0/8]
          ports: [443]
        - subjects: ["cn:other"]
          clusters: [beta]
        """;

    [Theory]
    [InlineData("other case", "ALPHA:443")]
    [InlineData("trailing dot", "alpha.:443")]
    [InlineData("trailing dot of a host", "node1.:443")]
    [InlineData("trailing dot of a suffix", "x.internal.:443")]
    [InlineData("suffix alone", "internal:443")]
    [InlineData("look-alike", "alpha-evil:443")]
    [InlineData("look-alike suffix", "evilinternal:443")]
    [InlineData("cluster inside a name", "alpha.evil.example:443")]
    [InlineData("name before the cluster", "evil.alpha:443")]
    [InlineData("user before the host", "alpha@beta:443")]
    [InlineData("other cluster", "beta:443")]
    [InlineData("letter of another alphabet", "\u0430lpha:443")]
    [InlineData("full-width digits", "\uff11\uff10.0.0.1:443")]
    public Task Name_InAnotherSpelling_IsDenied(string what, string address) => ShouldBeDeniedAsync(what, address);

    [Theory]
    [InlineData("mapped", "[::ffff:10.0.0.1]:443")]
    [InlineData("mapped in hexadecimal", "[::ffff:a00:1]:443")]
    [InlineData("decimal", "167772161:443")]
    [InlineData("hexadecimal", "0x0a000001:443")]
    [InlineData("octal", "012.0.0.1:443")]
    [InlineData("short", "10.1:443")]
    [InlineData("long form", "[0000::0001]:443")]
    [InlineData("zone", "[fe80::1%eth0]:443")]
    [InlineData("without brackets", "::1:443")]
    [InlineData("brackets around a name", "[alpha]:443")]
    [InlineData("brackets around IPv4", "[10.0.0.1]:443")]
    [InlineData("outside of the network", "11.0.0.1:443")]
    [InlineData("metadata", "169.254.169.254:443")]
    public Task Address_InAnotherSpelling_IsDenied(string what, string address) => ShouldBeDeniedAsync(what, address);

    [Theory]
    [InlineData("0", "alpha:0")]
    [InlineData("overflow", "alpha:65979")]
    [InlineData("overflow of 32 bits", "alpha:4294967739")]
    [InlineData("leading zero", "alpha:0443")]
    [InlineData("sign", "alpha:+443")]
    [InlineData("space", "alpha: 443")]
    [InlineData("name", "alpha:https")]
    [InlineData("none", "alpha")]
    [InlineData("empty", "alpha:")]
    [InlineData("two", "alpha:443:80")]
    [InlineData("other", "alpha:80")]
    public Task Port_InAnotherSpelling_IsDenied(string what, string address) => ShouldBeDeniedAsync(what, address);

    [Fact]
    public Task Subject_OfAnother_IsOfNoUse() => AttackAsync(
        async fixture =>
        {
            // A name in the certificate that reads like another kind of name.
            var client = fixture.Client(FrontendKind.GrpcTls, o => ShowAs(o, fixture, "uid:0 cn:other"));

            var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("beta:443").DefaultTimeout());

            Assert.Contains("frontend policy does not allow", error.Message, StringComparison.Ordinal);
            var line = await Audit.WaitForAsync(("event", "dial"), ("result", "denied"));
            Assert.Equal("""["cn:uid:0 cn:other"]""", line.GetProperty("subject").GetRawText());
        },
        server: Policed);

    [Fact]
    public async Task RightToACluster_NeverLeadsToAnothersAgent_UnderTheStrategyThatKnowsNone()
    {
        Own(Audit);
        var fixture = await StartAsync(new()
        {
            Agents = 0,
            Server = o => Audit.Use(Policed(o) with { AgentIdentity = Server.Agents.Identity.AgentIdentityMode.Certificate }),
        });

        // The common name is the other way to name a cluster.
        await using var beta = await fixture.ConnectScriptedAgentAsync("org:cluster:beta");

        Assert.Equal("No agent available", await RefusedDialAsync(fixture, "alpha:443"));

        Assert.Equal(0, fixture.Server.Agents.Tunnels.Sum(static t => t.PendingDialCount));
        await Audit.WaitForAsync(("event", "dial"), ("target", "alpha:443"), ("result", "no_agent"));
        await ShouldBeSeenAsync(fixture);
    }

    [Theory]
    [InlineData(FrontendKind.GrpcUnix)]
    [InlineData(FrontendKind.ConnectUnix)]
    public Task UnixPeer_WithoutARule_IsDenied(FrontendKind kind) => AttackAsync(
        async fixture =>
        {
            var error = await Assert.ThrowsAsync<TunnelConnectException>(() => fixture.Client(kind).ConnectAsync("alpha:443").DefaultTimeout());

            Assert.Contains("frontend policy does not allow", error.Message, StringComparison.Ordinal);
            await Audit.WaitForAsync(("event", "dial"), ("result", "denied"), ("peer", "unix"));
        },
        server: Policed);

    [Theory]
    [InlineData("169.254.169.254:80")]
    [InlineData("[::ffff:169.254.169.254]:80")]
    [InlineData("[::ffff:a9fe:a9fe]:80")]
    [InlineData("2852039166:80")]
    [InlineData("0xa9fea9fe:80")]
    [InlineData("169.16689662:80")]
    [InlineData("[fe80::1]:80")]
    [InlineData("[fd00:ec2::254]:80")]
    [InlineData("metadata:80")]
    public Task MetadataAddress_InAnySpelling_IsDeniedByTheAgent(string address) => ShouldBeDeniedByTheAgentAsync(
        address, static o => o with { TargetAlias = ["metadata=169.254.169.254"] });

    [Theory]
    [InlineData("0.0.0.0:1")]
    [InlineData("[::ffff:0.0.0.0]:1")]
    [InlineData("[::ffff:127.0.0.1]:1")]
    [InlineData("2130706433:1")]
    [InlineData("127.1:1")]
    [InlineData("localhost:1")]
    [InlineData("[::]:1")]
    [InlineData(":1")]
    public Task Loopback_InAnySpelling_IsDeniedByTheAgent(string address) => ShouldBeDeniedByTheAgentAsync(
        address, static o => o with { DenyTarget = ["127.0.0.0/8:1", "[::1]:1"] });

    [Theory]
    [InlineData("SECRET.internal:1")]
    [InlineData("secret.internal.:1")]
    [InlineData("Secret.Internal..:1")]
    public Task DeniedName_InAnotherSpelling_IsDeniedByTheAgent(string address) => ShouldBeDeniedByTheAgentAsync(
        address, static o => o with { DenyTarget = ["secret.internal"], TargetAlias = ["secret.internal=127.0.0.1"] });

    private Task ShouldBeDeniedAsync(string what, string address) => AttackAsync(
        async fixture =>
        {
            Output.WriteLine(what);
            var alpha = await fixture.ConnectScriptedAgentAsync("alpha", "host=alpha");

            Assert.Contains("frontend policy does not allow", await RefusedDialAsync(fixture, address), StringComparison.Ordinal);

            Assert.Equal(1, await fixture.DialFailuresAsync("denied"));
            Assert.Equal("cn:client", (await fixture.Log.Log.WaitForAsync("DialDenied").DefaultTimeout()).Values["Subject"]!.ToString());
            await Audit.WaitForAsync(("event", "dial"), ("target", address), ("result", "denied"));

            // What the rules mean to allow, they do.
            await using var frontend = await fixture.OpenScriptedFrontendAsync();
            var accepting = alpha.AcceptAsync(1);
            await frontend.DialAsync("alpha:443");
            await accepting;
            await frontend.DisposeAsync();
            await alpha.HearAsync(Protocol.Messages.PacketType.CloseReq);
            await alpha.SendAsync(PacketFactory.CloseResponse(1));
        },
        server: Policed);

    private Task ShouldBeDeniedByTheAgentAsync(string address, Func<Agent.AgentOptions, Agent.AgentOptions> agent) => AttackAsync(
        async fixture =>
        {
            Assert.Contains("denied by the agent's target policy", await RefusedDialAsync(fixture, address), StringComparison.Ordinal);

            await fixture.AgentMetrics().WaitForAsync(AgentMetric.Denied, 1);
            await Audit.WaitForAsync(("event", "dial"), ("target", address), ("result", "error_response"));
        },
        agent: agent);

    private Server.ServerOptions Policed(Server.ServerOptions options)
    {
        var folder = Own(new TemporaryDirectory());
        File.WriteAllText(folder.File("policy.yaml"), Rules);
        return options with { FrontendPolicy = folder.File("policy.yaml") };
    }
}
