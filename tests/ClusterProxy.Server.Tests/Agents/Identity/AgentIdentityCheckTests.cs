using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;

namespace ClusterProxy.Server.Tests.Agents.Identity;

public sealed class AgentIdentityCheckTests : IDisposable
{
    private const string Cluster1Proxy = "cluster-a140791d2b20a847f2c74c62c384f93fb83691d871e80385.open-cluster-management.proxy";

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("host=cluster1")]
    [InlineData("host=cluster1.open-cluster-management-agent-addon")]
    [InlineData($"host={Cluster1Proxy}")]
    [InlineData($"host={Cluster1Proxy}&host=cluster1&host=cluster1.ns")]
    [InlineData("host=cluster1&default-route=false")]
    [InlineData("host=cluster1&newer-type=x")]
    public void Identifiers_OfTheCluster_AreAllowed(string identifiers)
    {
        var result = Check("spiffe://hub/cluster/cluster1", identifiers);

        Assert.Equal((null, "cluster1"), (result.Refusal, result.Cluster));
    }

    [Theory]
    [InlineData("host=cluster2")]
    [InlineData("host=cluster1&host=cluster2")]
    [InlineData("host=cluster10")]
    [InlineData("host=Cluster1")]
    [InlineData("host=cluster1.")]
    [InlineData("host=cluster1.a.b")]
    [InlineData("host=cluster1.A")]
    [InlineData("host=cluster1.-")]
    [InlineData("host=cluster1%20")]
    [InlineData("host=x.cluster1")]
    [InlineData("host=")]
    [InlineData("host=%00cluster1")]
    [InlineData("host=10.0.0.1")]
    [InlineData("host=cluster-a140791d2b20a847f2c74c62c384f93fb83691d871e80386.open-cluster-management.proxy")]
    [InlineData($"host={Cluster1Proxy}.ns")]
    [InlineData("ipv4=10.0.0.1")]
    [InlineData("ipv4=cluster1")]
    [InlineData("ipv6=::1")]
    [InlineData("cidr=10.0.0.0/8")]
    [InlineData("default-route=true")]
    [InlineData("host=cluster1&default-route=1")]
    public void Identifiers_ThatAreNotTheClusters_AreRefused(string identifiers)
    {
        var result = Check("spiffe://hub/cluster/cluster1", identifiers);

        Assert.Equal(AgentRefusalReason.ForeignIdentifier, result.Refusal);
        Assert.Contains("cluster1", result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", AgentRefusalReason.NoCluster)]
    [InlineData("spiffe://hub/frontend/ops", AgentRefusalReason.NoCluster)]
    [InlineData("spiffe://hub/ns/a/sa/b", AgentRefusalReason.NoCluster)]
    [InlineData("spiffe://hub/cluster/a/b", AgentRefusalReason.InvalidIdentity)]
    public void Certificate_WithoutOneCluster_IsRefused(string uri, object reason)
    {
        var result = Check(uri, "");

        Assert.Equal(reason, result.Refusal);
        Assert.NotEqual("", result.Detail);
    }

    [Fact]
    public void NoCertificate_IsRefused() =>
        Assert.Equal(AgentRefusalReason.NoCluster, new AgentIdentityCheck(bind: true).Check(null, AgentIdentifiers.None).Refusal);

    [Fact]
    public void Claimed_BelievesEverything()
    {
        var result = new AgentIdentityCheck(bind: false).Check(_certificates.Client("anybody").Certificate, Parse("host=cluster2&default-route=true"));

        Assert.Equal((true, ""), (result.IsAccepted, result.Cluster));
        Assert.True(new AgentIdentityCheck(bind: false).Check(null, AgentIdentifiers.None).IsAccepted);
    }

    private AgentIdentityResult Check(string uri, string identifiers) => new AgentIdentityCheck(bind: true).Check(
        _certificates.Client("agent", uri.Length > 0 ? [uri] : []).Certificate, Parse(identifiers));

    private static AgentIdentifiers Parse(string identifiers)
    {
        Assert.True(AgentIdentifiers.TryParse(identifiers, out var parsed, out var error), error);
        return parsed;
    }
}
