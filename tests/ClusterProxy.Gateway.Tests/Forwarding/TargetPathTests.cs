using ClusterProxy.Gateway.Forwarding;
using Xunit.Abstractions;

namespace ClusterProxy.Gateway.Tests.Forwarding;

public sealed class TargetPathTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("/..")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b")]
    [InlineData("/a/%2e%2e/b")]
    [InlineData("/a/.%2E")]
    [InlineData("/a/%252e./b")]
    [InlineData("/a/..;x=1/b")]
    [InlineData("/a/..?x")]
    [InlineData("a")]
    [InlineData("/a b")]
    [InlineData("/a\r\nX: y")]
    [InlineData("/ä")]
    public void Path_ThatServersReadInDifferentWays_IsRefused(string path) => Assert.NotNull(TargetPath.Objection(path));

    [Theory]
    [InlineData("", "/")]
    [InlineData("?a=b", "/?a=b")]
    [InlineData("/", "/")]
    [InlineData("//a///b/", "//a///b/")]
    [InlineData("/a%2Fb%2f%25/%7e/...", "/a%2Fb%2f%25/%7e/...")]
    [InlineData("/a?b=../..&c=%2e%2e&d=/./", "/a?b=../..&c=%2e%2e&d=/./")]
    [InlineData("/a#b?c#d", "/a#b?c#d")]
    [InlineData("/a\\b", "/a\\b")]
    [InlineData("/a?", "/a?")]
    [InlineData("/a??", "/a??")]
    public void Path_IsSentAsItIs(string path, string sent)
    {
        Assert.Null(TargetPath.Objection(path));
        Assert.Equal(sent, TargetPath.Join(new Uri("https://10.0.0.1:6443"), path).PathAndQuery);
        Assert.Equal("/k8s/c1" + sent, TargetPath.Join(new Uri("https://10.0.0.1:6443/k8s/c1/"), path).PathAndQuery);
    }

    [Fact]
    public void Path_OfRandomBytes_IsSentAsItIsOrRefused()
    {
        const string alphabet = "/.%25eE2fF;?#&=\\:@!$'()*+,-_~[]{}|^`\"<>azAZ09";
        var random = SeededRandom.Create(output.WriteLine);
        var sent = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var path = "/" + string.Concat(Enumerable.Range(0, random.Next(0, 24)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            if (TargetPath.Objection(path) is null)
            {
                sent++;
                Assert.Equal(path, TargetPath.Join(new Uri("https://[::1]:6443"), path).PathAndQuery);
            }
        }

        Assert.True(sent > 10_000, $"only {sent} paths were sent");
    }
}
