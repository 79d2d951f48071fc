using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Agents.Tokens;

namespace ClusterProxy.Server.Tests.Agents.Tokens;

public sealed class TokenBindingTests
{
    private static readonly AgentToken _token = new("t", "ns/agent") { NodeName = "node-7", PodName = "agent-0" };

    [Theory]
    [InlineData("host={node}", "host=node-7")]
    [InlineData("host={node}", "")]
    [InlineData("host={pod}.agents&ipv4=10.0.0.1&default-route=true", "host=agent-0.agents&default-route=true")]
    [InlineData("", "host=anything&default-route=true")]
    public void What_TheTokenAllows_MayBeAnnounced(string allowed, string announced) => Assert.Null(Judge(allowed, announced));

    [Theory]
    [InlineData("host={node}", "host=node-8")]
    [InlineData("host={node}", "host=NODE-7")]
    [InlineData("host={node}", "host=node-7&host=node-8")]
    [InlineData("host={node}", "host={node}")]
    [InlineData("host={node}", "host=node-7&ipv4=10.0.0.1")]
    [InlineData("host={node}", "cidr=10.0.0.0/8")]
    [InlineData("host={node}", "default-route=true")]
    [InlineData("ipv4=10.0.0.1", "ipv6=10.0.0.1")]
    public void Anything_Else_MayNot(string allowed, string announced) =>
        Assert.Equal(AgentRefusalReason.ForeignIdentifier, Judge(allowed, announced));

    [Theory]
    [InlineData("host={node}", "", "agent-0")]
    [InlineData("host={pod}", "node-7", "")]
    [InlineData("host=%7Bpod%7D", "node-7", "")]
    [InlineData("host={node}.{pod}", "", "agent-0")]
    public void Token_WithoutTheClaim_IsRefused_WhateverIsAnnounced(string allowed, string node, string pod)
    {
        var token = new AgentToken("t", "ns/agent") { NodeName = node, PodName = pod };

        Assert.Equal(AgentRefusalReason.MissingClaim, Judge(allowed, "", token));
        Assert.Null(Judge("default-route=true", "", token));
    }

    [Theory]
    [InlineData("node")]
    [InlineData("host={Node}")]
    [InlineData("host={node")]
    [InlineData("host={node-uid}")]
    [InlineData("host=%zz")]
    [InlineData("hosts={node}")]
    public void Text_ThatIsNone_IsRefused(string text) => Assert.False(TokenBinding.TryParse(text, out _));

    private static AgentRefusalReason? Judge(string allowed, string announced, AgentToken? token = null)
    {
        Assert.True(TokenBinding.TryParse(allowed, out var binding));
        Assert.True(AgentIdentifiers.TryParse(announced, out var identifiers, out _));
        return binding.Objection(token ?? _token, identifiers)?.Reason;
    }
}
