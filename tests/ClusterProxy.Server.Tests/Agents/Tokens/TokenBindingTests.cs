using System.Collections.Frozen;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Agents.Tokens;

namespace ClusterProxy.Server.Tests.Agents.Tokens;

public sealed class TokenBindingTests
{
    private static readonly AgentToken _token = Token(
        (TokenClaims.Node, "node-7"), (TokenClaims.NodeUid, "n7"), (TokenClaims.Pod, "agent-0"), (TokenClaims.PodUid, "p0"), (TokenClaims.Uid, "a1"),
        (TokenClaims.CredentialId, "JTI=7"));

    [Theory]
    [InlineData("host={node}", "host=node-7")]
    [InlineData("host={node}", "")]
    [InlineData("host={pod}.agents&ipv4=10.0.0.1&default-route=true", "host=agent-0.agents&default-route=true")]
    [InlineData("host={node-uid}&host={pod-uid}&host={uid}", "host=n7&host=p0&host=a1")]
    [InlineData("host={credential-id}", "host=JTI=7")]
    [InlineData("host={credential-id}", "host=JTI%3D7")]
    [InlineData("", "host=anything&default-route=true")]
    public void What_TheTokenAllows_MayBeAnnounced(string allowed, string announced) => Assert.Null(Judge(allowed, announced));

    [Theory]
    [InlineData("host={node}", "host=node-8")]
    [InlineData("host={node}", "host=NODE-7")]
    [InlineData("host={node}", "host=node-7&host=node-8")]
    [InlineData("host={node}", "host={node}")]
    [InlineData("host={node-uid}", "host=node-7")]
    [InlineData("host={uid}", "host=p0")]
    [InlineData("host={credential-id}", "host=JTI=8")]
    [InlineData("host={node}", "host=node-7&ipv4=10.0.0.1")]
    [InlineData("host={node}", "cidr=10.0.0.0/8")]
    [InlineData("host={node}", "default-route=true")]
    [InlineData("ipv4=10.0.0.1", "ipv6=10.0.0.1")]
    public void Anything_Else_MayNot(string allowed, string announced) =>
        Assert.Equal(AgentRefusalReason.ForeignIdentifier, Judge(allowed, announced));

    [Theory]
    [InlineData("host={node}", "node")]
    [InlineData("host={node-uid}", "node-uid")]
    [InlineData("host={pod}", "pod")]
    [InlineData("host=%7Bpod%7D", "pod")]
    [InlineData("host={node}.{pod-uid}", "pod-uid")]
    [InlineData("host={uid}", "uid")]
    [InlineData("host={credential-id}", "credential-id")]
    public void Token_WithoutTheClaim_IsRefused_WhateverIsAnnounced(string allowed, string missing)
    {
        var token = Token([.. _token.Claims.Where(c => c.Key != missing).Select(static c => (c.Key, c.Value))]);

        Assert.Equal(AgentRefusalReason.MissingClaim, Judge(allowed, "", token));
        Assert.Null(Judge("default-route=true", "", token));
    }

    [Theory]
    [InlineData("node")]
    [InlineData("host={Node}")]
    [InlineData("host={node")]
    [InlineData("host={nodeuid}")]
    [InlineData("host={cluster}")]
    [InlineData("host=%zz")]
    [InlineData("hosts={node}")]
    public void Text_ThatIsNone_IsRefused(string text) => Assert.False(TokenBinding.TryParse(text, out _));

    private static AgentToken Token(params (string Claim, string Value)[] claims) =>
        new("t", "ns/agent") { Claims = claims.ToFrozenDictionary(static c => c.Claim, static c => c.Value) };

    private static AgentRefusalReason? Judge(string allowed, string announced, AgentToken? token = null)
    {
        Assert.True(TokenBinding.TryParse(allowed, out var binding));
        Assert.True(AgentIdentifiers.TryParse(announced, out var identifiers, out _));
        return binding.Objection(token ?? _token, identifiers)?.Reason;
    }
}
