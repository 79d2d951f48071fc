using System.Net;
using ClusterProxy.Agent.Targets;

namespace ClusterProxy.Agent.Tests.Targets;

public sealed class TargetPolicyTests
{
    [Theory]
    [InlineData("", "", "10.0.0.1", true)]
    [InlineData("", "10.0.0.0/8", "10.0.0.1", false)]
    [InlineData("10.0.0.0/8", "", "10.0.0.1", true)]
    [InlineData("10.0.0.0/8", "", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "10.0.0.1", "10.0.0.1", false)]
    [InlineData("", "", "169.254.169.254", false)]
    [InlineData("", "", "169.254.1.1", false)]
    [InlineData("", "", "fe80::1", false)]
    [InlineData("", "", "fd00:ec2::254", false)]
    [InlineData("", "", "fd00:ec2::253", true)]
    [InlineData("0.0.0.0/0", "", "169.254.169.254", false)]
    [InlineData("169.254.169.254", "", "169.254.169.254", true)]
    [InlineData("169.254.0.0/16", "", "169.254.169.254", true)]
    [InlineData("169.254.169.254", "", "169.254.169.253", false)]
    public void Refusal_Address_FollowsTheRules(string allow, string deny, string address, bool permitted)
    {
        var policy = new TargetPolicy(Rules(allow), Rules(deny));

        Assert.Equal(permitted, policy.Refusal([address], IPAddress.Parse(address), 443) is null);
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "db.example", false)]
    [InlineData("db.example", "", true)]
    [InlineData("*.example", "", true)]
    [InlineData("other", "", false)]
    [InlineData("10.0.0.0/8", "", true)]
    public void Refusal_Name_FollowsTheRules(string allow, string deny, bool permitted)
    {
        var policy = new TargetPolicy(Rules(allow), Rules(deny));

        Assert.Equal(permitted, policy.Refusal(["db.example"], 5432) is null);
    }

    [Fact]
    public void Refusal_MetadataAllowedByFlag_IsPermitted() =>
        Assert.Null(new TargetPolicy([], [], allowMetadata: true).Refusal(["x"], IPAddress.Parse("169.254.169.254"), 80));

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::", "::1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:0.0.0.0", "127.0.0.1")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    public void Effective_IsWhatTheKernelConnectsTo(string address, string effective) =>
        Assert.Equal(IPAddress.Parse(effective), TargetPolicy.Effective(IPAddress.Parse(address)));

    private static TargetRule[] Rules(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(t => TargetRule.TryParse(t, out var rule, out var error) ? rule : throw new FormatException(error))];
}
