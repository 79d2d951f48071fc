using FsCheck;
using FsCheck.Fluent;

namespace ClusterProxy.Protocol.Tests;

[Trait("Spec", "7.36")]
public sealed class AgentIdentifiersTests
{
    [Fact]
    public void TryParse_AllTypes_AreSorted()
    {
        Assert.True(AgentIdentifiers.TryParse(
            "host=a&host=b&ipv4=1.2.3.4&ipv6=%3A%3A1&cidr=10.0.0.0/8&default-route=true", out var identifiers, out _));
        Assert.Equal(["a", "b"], identifiers.Host.ToArray());
        Assert.Equal(["1.2.3.4"], identifiers.IPv4.ToArray());
        Assert.Equal(["::1"], identifiers.IPv6.ToArray());
        Assert.Equal(["10.0.0.0/8"], identifiers.Cidr.ToArray());
        Assert.Equal(["1.2.3.4", "::1", "a", "b"], identifiers.Destinations);
        Assert.True(identifiers.DefaultRoute);
        Assert.Empty(identifiers.UnknownTypes);
    }

    [Theory]
    [InlineData("default-route=1", true)]
    [InlineData("default-route=T", true)]
    [InlineData("default-route=True", true)]
    [InlineData("default-route=false", false)]
    [InlineData("default-route=yes", false)]
    [InlineData("default-route=tRUE", false)]
    [InlineData("default-route=true&default-route=false", true)]
    [InlineData("default-route=false&default-route=true", false)]
    [InlineData("default-route", false)]
    [InlineData("", false)]
    public void TryParse_DefaultRoute_FirstGoBooleanCounts(string query, bool expected)
    {
        Assert.True(AgentIdentifiers.TryParse(query, out var identifiers, out _));
        Assert.Equal(expected, identifiers.DefaultRoute);
    }

    [Fact]
    public void TryParse_UnknownTypeAndUid_AreNamedAndSkipped()
    {
        Assert.True(AgentIdentifiers.TryParse("uid=7&host=a&zone=x&zone=y", out var identifiers, out _));
        Assert.Equal(["a"], identifiers.Destinations);
        Assert.Equal(["uid", "zone"], identifiers.UnknownTypes.ToArray());
    }

    [Theory]
    [InlineData("host=a;host=b")]
    [InlineData("host=%zz")]
    [InlineData("host=%4")]
    [InlineData("%=a")]
    public void TryParse_Malformed_SaysWhatIsWrong(string query)
    {
        Assert.False(AgentIdentifiers.TryParse(query, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void TryParse_EscapedHosts_ComeBackAsTheyWere() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<NonNull<string>[]>(hosts =>
        {
            var valid = hosts.Select(h => new string([.. h.Get.Where(c => !char.IsSurrogate(c))])).ToArray();
            return AgentIdentifiers.TryParse(string.Join('&', valid.Select(h => "host=" + Uri.EscapeDataString(h))), out var identifiers, out _) &&
                identifiers.Host.AsSpan().SequenceEqual(valid);
        }));
}
