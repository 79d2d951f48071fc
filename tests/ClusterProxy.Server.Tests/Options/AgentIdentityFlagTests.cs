namespace ClusterProxy.Server.Tests.Options;

/// <summary>What <c>--agent-identity=auto</c> comes to: upstream's command lines are served as upstream serves them.</summary>
public sealed class AgentIdentityFlagTests
{
    private const string Upstream = "--cluster-ca-cert=ca.crt --mode=http-connect --server-count=3 --proxy-strategies=destHost --v=2 "
        + "--graceful-shutdown-timeout=5s --backend-dial-timeout=9s --keepalive-time=1m --tls-min-version=VersionTLS12 --uds-name=a";

    [Theory]
    [InlineData(Upstream, false, "")]
    [InlineData(Upstream + " --agent-identity=auto", false, "")]
    [InlineData(Upstream + " --agent-identity=certificate", true, "")]
    [InlineData(Upstream + " --agent-identity=claimed", false, "")]
    [InlineData(Upstream + " --connection-buffer-size=100000", true, "--connection-buffer-size")]
    [InlineData(Upstream + " --connection-buffer-size=100000 --agent-identity=claimed", false, "--connection-buffer-size")]
    [InlineData(Upstream + " --mode=auto", true, "--mode=auto")]
    [InlineData("--mode=auto", false, "--mode=auto")]
    [InlineData("--insecure-agent-port", false, "--insecure-agent-port")]
    public void AgentIdentity_FollowsTheFlag_ElseTheCommandLine(string arguments, bool binds, string own)
    {
        var flags = new ProxyServerFlags();

        var options = flags.Bind(flags.Set.Parse(arguments.Split(' '), static _ => null));

        Assert.Equal((binds, own), (options.BindsAgentIdentity, options.OwnFlag));
    }

    [Fact]
    public void AgentIdentity_OfCertificate_WithoutACa_IsRefused()
    {
        var errors = ServerOptionsValidator.Validate(new ServerOptions { AgentIdentity = Server.Agents.Identity.AgentIdentityMode.Certificate });

        Assert.Contains(errors, static e => e.StartsWith("flag --agent-identity: certificate needs", StringComparison.Ordinal));
    }
}
