using System.Collections.Immutable;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Fleet;

namespace ClusterProxy.Server.Tests.Fleet;

public sealed class ServersFileTests
{
    [Theory]
    [InlineData("")]
    [InlineData("# nobody\n\n")]
    public void Parse_NoLine_IsNoServer(string text) => Assert.Empty(Parse(text));

    [Fact]
    public void Parse_LinesAndRemarks_AreServers() => Assert.Equal<FleetServer>(
        [new FleetServer("a", "hub-a.example.com", 8091), new FleetServer("b", "2001:db8::1", 9)],
        Parse("# the hub\na=hub-a.example.com:8091\r\n  b=[2001:db8::1]:9 # second\n"));

    [Theory]
    [InlineData("a=h:1\na", "line 2: \"a\" is not a server: write ID=HOST:PORT")]
    [InlineData("h:1", "line 1: \"h:1\" is not a server")]
    [InlineData("=h:1", "line 1: \"=h:1\" is not a server")]
    [InlineData("a=h", "line 1: \"a=h\" is not a server")]
    [InlineData("a=h:0", "line 1: \"a=h:0\" is not a server")]
    [InlineData("a b=h:1", "line 1: \"a b=h:1\" is not a server")]
    [InlineData("a=h:1\na=h:2", "it names the server \"a\" twice")]
    [InlineData("a=h:1\nb=h:1", "it gives the address h:1 to two servers")]
    public void Parse_WhatIsNoFleet_SaysWhy(string text, string sentence)
    {
        var error = Assert.Throws<StartupException>(() => Parse(text));
        Assert.StartsWith($"--servers-file=f: {sentence}", error.Message, StringComparison.Ordinal);
    }

    private static ImmutableArray<FleetServer> Parse(string text) => ServersFile.Parse(new FlagFile("servers-file", "f"), text).Servers;
}
