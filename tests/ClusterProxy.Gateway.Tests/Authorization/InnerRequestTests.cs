using ClusterProxy.Gateway.Authorization;
using Xunit.Abstractions;

namespace ClusterProxy.Gateway.Tests.Authorization;

public sealed class InnerRequestTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("GET", "/api/v1/pods", "list|||pods||")]
    [InlineData("GET", "/api/v1/pods/", "list|||pods||")]
    [InlineData("HEAD", "/api/v1/pods", "list|||pods||")]
    [InlineData("GET", "/api/v1/pods?watch=true", "watch|||pods||")]
    [InlineData("GET", "/api/v1/pods?watch", "watch|||pods||")]
    [InlineData("GET", "/api/v1/pods?watch=0", "list|||pods||")]
    [InlineData("GET", "/api/v1/pods?watch=False", "list|||pods||")]
    [InlineData("GET", "/api/v1/pods?%77atch=1", "watch|||pods||")]
    [InlineData("GET", "/api/v1/watch/pods", "watch|||pods||")]
    [InlineData("GET", "/api/v1/watch/namespaces/a/pods/x", "watch||a|pods|x|")]
    [InlineData("GET", "/api/v1/namespaces/a/pods/x", "get||a|pods|x|")]
    [InlineData("GET", "/api/v1/namespaces/a/pods/x?watch=true", "get||a|pods|x|")]
    [InlineData("GET", "/api/v1/namespaces/a/pods/x/log?follow=true", "get||a|pods|x|log")]
    [InlineData("POST", "/api/v1/namespaces/a/pods", "create||a|pods||")]
    [InlineData("POST", "/api/v1/namespaces/a/pods/x/exec", "create||a|pods|x|exec")]
    [InlineData("PUT", "/api/v1/namespaces/a/pods/x/status", "update||a|pods|x|status")]
    [InlineData("PATCH", "/apis/apps/v1/namespaces/a/deployments/d", "patch|apps|a|deployments|d|")]
    [InlineData("DELETE", "/apis/apps/v1/namespaces/a/deployments/d", "delete|apps|a|deployments|d|")]
    [InlineData("DELETE", "/apis/apps/v1/namespaces/a/deployments", "deletecollection|apps|a|deployments||")]
    [InlineData("GET", "/api/v1/namespaces", "list|||namespaces||")]
    [InlineData("GET", "/api/v1/namespaces/a", "get||a|namespaces|a|")]
    [InlineData("PUT", "/api/v1/namespaces/a/finalize", "update||a|namespaces|a|finalize")]
    [InlineData("GET", "/api/v1/namespaces/a/status", "get||a|namespaces|a|status")]
    [InlineData("GET", "/api/v1/namespaces/a/services/https:s:443/proxy/a//b%2Fc", "get||a|services|https:s:443|proxy")]
    [InlineData("GET", "/api/v1/pods?fieldSelector=metadata.name%3Dx", "list|||pods|x|")]
    [InlineData("GET", "/api/v1/pods?watch=1&fieldSelector=metadata.name=x", "watch|||pods|x|")]
    [InlineData("GET", "/api/v1/pods?fieldSelector=metadata.name!=x", "list|||pods||")]
    [InlineData("GET", "/api/v1/pods?fieldSelector=metadata.name=x&fieldSelector=metadata.name=y", "list|||pods||")]
    [InlineData("DELETE", "/api/v1/pods?fieldSelector=metadata.name=x", "deletecollection|||pods|x|")]
    public void Resource_IsReadAsKubernetesDoes(string method, string target, string expected)
    {
        var request = InnerRequest.Parse(method, RequestTarget.Split(target), isUpgrade: false);

        Assert.True(request is { IsResource: true });
        Assert.Equal(expected, string.Join('|', request.Verb, request.Group, request.Namespace, request.Resource, request.Name, request.Subresource));
    }

    [Theory]
    [InlineData("GET", "/", "get", "/")]
    [InlineData("GET", "/healthz", "get", "/healthz")]
    [InlineData("GET", "/api", "get", "/api")]
    [InlineData("GET", "/api/v1", "get", "/api/v1")]
    [InlineData("GET", "/apis/apps/v1", "get", "/apis/apps/v1")]
    [InlineData("GET", "/apis/apps/v1/", "get", "/apis/apps/v1/")]
    [InlineData("POST", "/logs/x", "post", "/logs/x")]
    [InlineData("GET", "/openapi/v3/apis/apps%2Dx/v1", "get", "/openapi/v3/apis/apps-x/v1")]
    public void Path_HasTheMethodForVerb(string method, string target, string verb, string path)
    {
        var request = InnerRequest.Parse(method, RequestTarget.Split(target), isUpgrade: false);

        Assert.Equal((false, verb, path), (request!.IsResource, request.Verb, request.Path));
    }

    [Theory]
    [InlineData("/api/v1/namespaces/a/pods/x/exec?command=sh")]
    [InlineData("/api/v1/namespaces/a/pods/x/exec?watch=true")]
    [InlineData("/api/v1/watch/namespaces/a/pods/x/exec")]
    [InlineData("/api/v1/pods?watch=true")]
    public void Upgrade_Creates(string target) =>
        Assert.Equal("create", InnerRequest.Parse("GET", RequestTarget.Split(target), isUpgrade: true)!.Verb);

    [Theory]
    [InlineData("")]
    [InlineData("api/v1/pods")]
    [InlineData("https://other/api/v1/pods")]
    [InlineData("//api/v1/pods")]
    [InlineData("/api//v1/pods")]
    [InlineData("/api/v1//pods")]
    [InlineData("/api/v1/namespaces//pods")]
    [InlineData("/api/v1/pods//log")]
    [InlineData("/api/v1/namespaces/a%2Fsecrets/pods")]
    [InlineData("/api%2Fv1/pods")]
    [InlineData("/api/v1/pods%252Fx")]
    [InlineData("/api/v1/./pods")]
    [InlineData("/api/v1/namespaces/a/pods/../../b/secrets")]
    [InlineData("/api/v1/namespaces/a/services/s/proxy/%2e%2e/x")]
    [InlineData("/api/v1/namespaces/a/services/s/proxy/x%2f..%2f..")]
    [InlineData("/api/v1/pods\\x")]
    [InlineData("/api/v1/pods%5Cx")]
    [InlineData("/api/v1/pods%00")]
    [InlineData("/api/v1/pods%0d%0a")]
    [InlineData("/api/v1/pods%zz")]
    [InlineData("/api/v1/pods%4")]
    [InlineData("/api/v1/pods%ff")]
    [InlineData("/api/v1/pöds")]
    [InlineData("/api/v1/proxy/namespaces/a/services/s")]
    [InlineData("/api/v1/pods?watch=1;x")]
    [InlineData("/api/v1/pods?watch=%zz")]
    public void Ambiguous_IsNone(string target) => Assert.Null(InnerRequest.Parse("GET", RequestTarget.Split(target), isUpgrade: false));

    [Fact]
    public void AnyParts_AreFoundAgain_HoweverTheyAreEscaped()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 20_000; i++)
        {
            var (group, space, name, sub) = (Maybe(random, "apps"), Maybe(random, "ns"), Maybe(random, "x"), Maybe(random, "log"));
            var path = (group.Length > 0 ? $"/apis/{Escape(random, group)}/v1" : "/api/v1")
                + (space.Length > 0 ? $"/namespaces/{Escape(random, space)}" : "")
                + $"/{Escape(random, "things")}"
                + (name.Length > 0 ? $"/{Escape(random, name)}" : "")
                + (name.Length > 0 && sub.Length > 0 ? $"/{Escape(random, sub)}" : "");

            var request = InnerRequest.Parse("PUT", RequestTarget.Split(path), isUpgrade: false);

            Assert.True(request is { IsResource: true, Verb: "update", Resource: "things" }, path);
            Assert.Equal((group, space, name, name.Length > 0 ? sub : ""), (request.Group, request.Namespace, request.Name, request.Subresource));
        }
    }

    [Fact]
    public void AnyText_IsReadOrRefused_AndNeverHidesASlash()
    {
        var random = SeededRandom.Create(output.WriteLine);
        string[] pieces = ["/", "api", "apis", "v1", "pods", "namespaces", "watch", "proxy", "%2f", "%2e", "..", ".", "%", "?", "&", "watch=1", "\\", "ä", "%c3%a4", ";"];
        for (var i = 0; i < 100_000; i++)
        {
            var target = "/" + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (InnerRequest.Parse("GET", RequestTarget.Split(target), isUpgrade: false) is { } request)
            {
                Assert.DoesNotContain("..", request.Path.Split('/'));
                Assert.DoesNotContain('/', request.Group + request.Namespace + request.Resource + request.Name + request.Subresource);
                Assert.True(!request.IsResource || request.Resource.Length > 0, target);
            }
        }
    }

    private static string Maybe(SeededRandom random, string text) => random.Next(2) == 0 ? "" : $"{text}{random.Next(100)}";

    private static string Escape(SeededRandom random, string text) =>
        string.Concat(text.Select(c => random.Next(8) == 0 ? $"%{(int)c:x2}" : $"{c}"));
}
