using ClusterProxy.Agent;
using ClusterProxy.Client;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>
/// Attacks beside somebody who works: whatever the attacker does, that connection and its next dial must not notice. SECURITY.md has
/// the table of all attacks; <see cref="AttackTableTests"/> holds it to the tests.
/// </summary>
public abstract class RedTeamTest : TunnelTest
{
    /// <summary>What a hostile agent announces, so that dials of it come to that agent.</summary>
    private protected const string Evil = "evil";

    /// <summary>Whoever works beside an attack, by common name; its lines explain nothing.</summary>
    internal const string Bystander = "bystander";

    private readonly SightDuty _duty;

    protected RedTeamTest(ITestOutputHelper output)
        : base(output) => _duty = Own(new SightDuty());

    private protected AuditFile Audit { get; } = new();

    /// <summary>For a test in which nothing is refused, or nobody is there to see it.</summary>
    /// <param name="reason">Why, for whoever reads the test.</param>
    private protected void NothingIsSeen(string reason)
    {
        Output.WriteLine(reason);
        _duty.IsDone = true;
    }

    /// <summary>Looks for what the row of the attack says, in metrics, log and audit. Each test must.</summary>
    private protected async Task ShouldBeSeenAsync(TunnelFixture fixture)
    {
        await ShouldBeSeenAsync(fixture, Audit);
        _duty.IsDone = true;
    }

    private protected async Task AttackAsync(
        Func<TunnelFixture, Task> attack, Func<ServerOptions, ServerOptions>? server = null, Func<AgentOptions, AgentOptions>? agent = null,
        params string[] allowedErrors)
    {
        Own(Audit);
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new()
        {
            Server = o => Audit.Use((server?.Invoke(o) ?? o) with { ProxyStrategies = [ProxyStrategy.DestHost, ProxyStrategy.DefaultRoute] }),
            AllowedErrors = allowedErrors,
            Agent = (o, _) => (agent?.Invoke(o) ?? o) with { AgentIdentifiers = "default-route=true" },
        });
        var bystander = fixture.Client(FrontendKind.GrpcTls, o => ShowAs(o, fixture, Bystander));
        await using var running = await bystander.ConnectAsync(echo.Address).DefaultTimeout();

        await attack(fixture);

        if (!_duty.IsDone)
        {
            await ShouldBeSeenAsync(fixture);
        }

        await EchoAsync(running);
        await using var fresh = await bystander.ConnectAsync(echo.Address).DefaultTimeout();
        await EchoAsync(fresh);
    }

    private protected static void ShowAs(TunnelClientOptions options, TunnelFixture fixture, string commonName)
    {
        options.ClientCertificates.Clear();
        options.ClientCertificates.Add(fixture.FrontendPlane.Client(commonName).Certificate);
    }

    /// <summary>A dial of which the test says every character, and the error that it got.</summary>
    private protected static async Task<string> RefusedDialAsync(TunnelFixture fixture, string address, string protocol = "tcp")
    {
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest(protocol, address, random: 7));
        var answer = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse;
        Assert.NotEqual("", answer.Error);
        Assert.Equal(0, answer.ConnectID);
        return answer.Error;
    }

    /// <summary>A frontend with a connection through a hostile agent.</summary>
    private protected static async Task<(ScriptedPeer Frontend, long Id)> DialEvilAsync(TunnelFixture fixture, ScriptedPeer agent, long connectId)
    {
        var frontend = await fixture.OpenScriptedFrontendAsync();
        var accepting = agent.AcceptAsync(connectId);
        var id = await frontend.DialAsync($"{Evil}:1");
        await accepting;
        return (frontend, id);
    }

    private protected static async Task EchoAsync(Stream stream)
    {
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
    }
}
