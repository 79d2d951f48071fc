using System.Net;
using ClusterProxy.Agent.Targets;

namespace ClusterProxy.Agent.Tests.Targets;

public sealed class TargetRuleTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", 443, true)]
    [InlineData("10.0.0.0/8", "11.1.2.3", 443, false)]
    [InlineData("10.1.2.3/8", "10.9.9.9", 443, true)]
    [InlineData("10.0.0.0/8:443", "10.1.2.3", 443, true)]
    [InlineData("10.0.0.0/8:443", "10.1.2.3", 80, false)]
    [InlineData("10.1.2.3", "10.1.2.3", 1, true)]
    [InlineData("10.1.2.3:8000-9000", "10.1.2.3", 8500, true)]
    [InlineData("10.1.2.3:8000-9000", "10.1.2.3", 9001, false)]
    [InlineData("fd00::/8", "fd12::1", 443, true)]
    [InlineData("[fd00::/8]:443", "fd12::1", 80, false)]
    [InlineData("[fd00::/8]:443", "fd12::1", 443, true)]
    [InlineData("fd00::/8", "10.0.0.1", 443, false)]
    public void Matches_Address(string rule, string address, int port, bool matches) =>
        Assert.Equal(matches, Parse(rule).Matches(IPAddress.Parse(address), port));

    [Theory]
    [InlineData("api.example", "api.example", 443, true)]
    [InlineData("api.example", "API.Example.", 443, true)]
    [InlineData("api.example", "xapi.example", 443, false)]
    [InlineData("api.example:443", "api.example", 80, false)]
    [InlineData("*.example", "api.example", 443, true)]
    [InlineData("*.example", "example", 443, false)]
    [InlineData(":443", "anything", 443, true)]
    [InlineData(":443", "anything", 80, false)]
    [InlineData("10.0.0.0/8", "10.0.0.1", 443, false)]
    public void Matches_Name(string rule, string host, int port, bool matches) =>
        Assert.Equal(matches, Parse(rule).Matches(host, port));

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/")]
    [InlineData("name/8")]
    [InlineData("host:0")]
    [InlineData("host:9000-8000")]
    [InlineData("host:70000")]
    [InlineData("a b")]
    [InlineData("*.")]
    [InlineData("*a.example")]
    [InlineData("*.[::1]:80")]
    public void TryParse_NoRule_SaysWhatToWrite(string text)
    {
        Assert.False(TargetRule.TryParse(text, out _, out var error));
        Assert.Contains($"\"{text}\"", error);
    }

    private static TargetRule Parse(string text) => TargetRule.TryParse(text, out var rule, out var error) ? rule : throw new FormatException(error);
}
