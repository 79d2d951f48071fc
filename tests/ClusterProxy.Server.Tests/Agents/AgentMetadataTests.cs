using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Grpc;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ClusterProxy.Server.Tests.Agents;

[Trait("Spec", "7.24")]
public sealed class AgentMetadataTests
{
    [Fact]
    public void Read_WithoutIdentifiers_IsFine()
    {
        var agent = Read("a", StringValues.Empty);

        Assert.Equal("a", agent.Id);
        Assert.Empty(agent.Identifiers.Destinations);
    }

    [Fact]
    public void Read_Identifiers_AreParsed()
    {
        var agent = Read("a", "host=x&host=y&ipv4=1.2.3.4&uid=7&default-route=true");

        Assert.Equal(["1.2.3.4", "x", "y"], agent.Identifiers.Destinations);
        Assert.True(agent.Identifiers.DefaultRoute);
    }

    [Fact]
    public void Read_HeadersRepeated_IsRefused()
    {
        Assert.Equal(GrpcStatusCode.Unknown, Refusal(new StringValues(["a", "b"]), StringValues.Empty).Code);
        Assert.Equal(GrpcStatusCode.Unknown, Refusal(new StringValues(["a", "a"]), StringValues.Empty).Code);
        Assert.Equal(GrpcStatusCode.Unknown, Refusal("a", new StringValues(["host=x", "host=x"])).Code);
    }

    [Fact]
    public void Read_NoId_IsRefused()
    {
        Assert.Equal(GrpcStatusCode.Unknown, Refusal(StringValues.Empty, "host=x").Code);
        Assert.Equal(GrpcStatusCode.Unknown, Refusal("", "host=x").Code);
    }

    private static GrpcStatus Refusal(StringValues id, StringValues identifiers) =>
        Assert.Throws<GrpcException>(() => Read(id, identifiers)).Status;

    private static AgentIdentity Read(StringValues id, StringValues identifiers)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["agentid"] = id;
        http.Request.Headers["agentidentifiers"] = identifiers;
        using var call = new GrpcServerCall(http, null, TimeProvider.System);
        return AgentMetadata.Read(call);
    }
}
