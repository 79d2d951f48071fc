using ClusterProxy.Server.Agents.Tokens;

namespace ClusterProxy.Server.Tests.Agents.Tokens;

public sealed class AgentAccountsTests
{
    private static readonly AgentAccounts _one = new("ns", "agent", AgentTokenCluster.None);
    private static readonly AgentAccounts _clusters = new("", "{cluster}-cluster-proxy-agent", AgentTokenCluster.Namespace);
    private static readonly AgentAccounts _sameName = new("", "cluster-proxy", AgentTokenCluster.Namespace);

    [Fact]
    public void OneAccount_IsOfNoCluster()
    {
        Assert.True(_one.TryFind("system:serviceaccount:ns:agent", out var account, out var cluster));
        Assert.Equal(("ns/agent", ""), (account, cluster));
        Assert.False(_one.TryFind("system:serviceaccount:alpha:agent", out _, out _));
        Assert.False(_one.TryFind("system:serviceaccount:ns:alpha-cluster-proxy-agent", out _, out _));
    }

    [Theory]
    [InlineData("alpha", "alpha-cluster-proxy-agent")]
    [InlineData("alpha", "cluster-proxy")]
    [InlineData("c-1", "c-1-cluster-proxy-agent")]
    public void AccountInTheNamespaceOfACluster_IsOfThatCluster(string inNamespace, string name)
    {
        var accounts = name == "cluster-proxy" ? _sameName : _clusters;

        Assert.True(accounts.TryFind($"system:serviceaccount:{inNamespace}:{name}", out var account, out var cluster));
        Assert.Equal(($"{inNamespace}/{name}", inNamespace), (account, cluster));
    }

    [Theory]
    [InlineData("system:serviceaccount:beta:alpha-cluster-proxy-agent")]
    [InlineData("system:serviceaccount:alpha:cluster-proxy-agent")]
    [InlineData("system:serviceaccount:alpha:{cluster}-cluster-proxy-agent")]
    [InlineData("system:serviceaccount:alpha:alpha-cluster-proxy-agent:x")]
    [InlineData("system:serviceaccount::-cluster-proxy-agent")]
    [InlineData("system:serviceaccount:Alpha:Alpha-cluster-proxy-agent")]
    [InlineData("system:serviceaccount:a.b:a.b-cluster-proxy-agent")]
    [InlineData("system:node:alpha")]
    [InlineData("alpha")]
    public void Anybody_Else_IsOfNone(string user) => Assert.False(_clusters.TryFind(user, out _, out _));
}
