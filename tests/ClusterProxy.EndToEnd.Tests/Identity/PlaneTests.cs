using System.Security.Authentication;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Server.Agents.Identity;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Identity;

/// <summary>Which certificate opens which port when one authority signs for both.</summary>
public sealed class PlaneTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Agent = "spiffe://hub/cluster/alpha";
    private const string Frontend = "spiffe://hub/frontend/ops";

    [Theory]
    [InlineData("certificate", "frontend", "x", Frontend, true)]
    [InlineData("certificate", "frontend", "x", Agent, false)]
    [InlineData("certificate", "frontend", "org:cluster:alpha", "", false)]
    [InlineData("certificate", "frontend", "x", "", false)]
    [InlineData("certificate", "frontend", "x", "spiffe://hub/cluster/a.b", false)]
    [InlineData("certificate", "agent", "x", Agent, true)]
    [InlineData("certificate", "agent", "x", Frontend, false)]
    [InlineData("claimed", "frontend", "x", Frontend, true)]
    [InlineData("claimed", "frontend", "x", "", true)]
    [InlineData("claimed", "frontend", "x", Agent, false)]
    [InlineData("claimed", "frontend", "org:cluster:alpha", "", false)]
    [InlineData("claimed", "frontend", "x", "spiffe://hub/cluster/a.b", false)]
    [InlineData("claimed", "frontend", "org:cluster:alpha", Frontend, false)]
    [InlineData("claimed", "agent", "x", "", true)]
    [InlineData("claimed", "agent", "x", Agent, true)]
    [InlineData("claimed", "agent", "x", Frontend, false)]
    public async Task Certificate_OfTheOneAuthority_OpensItsOwnPlaneOnly(
        string identity, string plane, string commonName, string uri, bool opens)
    {
        var fixture = await StartAsync(new()
        {
            Agents = 0,
            Server = o => o with
            {
                ServerCaCert = o.ClusterCaCert,
                AgentIdentity = identity == "certificate" ? AgentIdentityMode.Certificate : AgentIdentityMode.Claimed,
            },
        });
        var shown = fixture.AgentPlane.Client(commonName, uri.Length > 0 ? [uri] : []);
        var (port, trusted) = plane == "agent"
            ? (fixture.Server.AgentPort, fixture.AgentPlane)
            : (fixture.Server.FrontendPort, fixture.FrontendPlane);

        Assert.Equal(opens, await OpensAsync(port, trusted, shown));

        if (!opens)
        {
            await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", "wrong_plane"));
            var log = await fixture.Log.Log.WaitForAsync("ClientCertificateRefused").DefaultTimeout();
            Assert.Equal((plane, "wrong_plane"), (log.Values["Plane"], log.Values["Reason"]));
            await ShouldBeSeenAsync(fixture);
        }
    }

    [Fact]
    public async Task Frontend_OfItsOwnAuthority_NeedsNoRole()
    {
        var fixture = await StartAsync(new() { Agents = 0, Server = static o => o with { AgentIdentity = AgentIdentityMode.Certificate } });

        Assert.True(await OpensAsync(fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.FrontendPlane.Client("x")));
    }

    /// <summary>A lane is another protocol on the same port, and has to show the same certificate.</summary>
    [Theory]
    [InlineData("frontend", "one authority", Agent, "wrong_plane")]
    [InlineData("agent", "one authority", Frontend, "wrong_plane")]
    [InlineData("frontend", "two authorities", "", "untrusted")]
    [InlineData("agent", "two authorities", "", "untrusted")]
    public async Task Lane_WithACertificateOfTheOtherPlane_IsRefused(string plane, string authorities, string uri, string reason)
    {
        var isOne = authorities == "one authority";
        var fixture = await StartAsync(new()
        {
            Agents = 0,
            Server = o => o with { ServerCaCert = isOne ? o.ClusterCaCert : o.ServerCaCert, AgentIdentity = AgentIdentityMode.Certificate },
        });
        var (port, trusted, other) = plane == "agent"
            ? (fixture.Server.AgentPort, fixture.AgentPlane, fixture.FrontendPlane)
            : (fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.AgentPlane);
        var shown = (isOne ? fixture.AgentPlane : other).Client("x", uri.Length > 0 ? [uri] : []);
        try
        {
            await using var lane = new ScriptedLane(await Sockets.ConnectTlsAsync(port, trusted, shown, LaneProtocol.Alpn.ToString()));
            await lane.HearEndAsync();
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // Cut before the client was done.
        }

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", reason));
        await ShouldBeSeenAsync(fixture);
        Assert.Equal(0, fixture.Server.Frontends.LaneCount);
    }

    /// <summary>The server speaks first in HTTP/2; a refused certificate shows as an end instead.</summary>
    private static async Task<bool> OpensAsync(int port, TestCertificates trusted, TestCertificate shown)
    {
        try
        {
            await using var stream = await Sockets.ConnectTlsAsync(port, trusted, shown, "h2");
            await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray()).DefaultTimeout();
            return await stream.ReadAsync(new byte[1]).DefaultTimeout() == 1;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
