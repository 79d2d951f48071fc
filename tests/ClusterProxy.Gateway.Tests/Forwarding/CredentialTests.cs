using System.Net;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>What the gateway shows clusters, and what it does when there is nothing to show.</summary>
public sealed class CredentialTests : ForwarderTest, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Plugin_RunsOnce_ForManyRequestsAtOnce()
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        var runs = _directory.File("runs");
        Add(cluster.Port, Shell(
            $$$"""echo run >> {{{runs}}}; echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"fresh"}}'"""));
        using var client = Gateway.Client();

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.GetStringAsync("/alpha/x"))).DefaultTimeout();

        Assert.All(answers, static a => Assert.Equal("ok", a));
        Assert.Single(await File.ReadAllLinesAsync(runs));
        Assert.All(cluster.Requests.Items, static r => Assert.Equal(["Bearer fresh"], r.Values("Authorization")));
    }

    [Fact]
    public async Task Plugin_ThatFails_Is503_AndNothingIsSent()
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        Add(cluster.Port, Shell("echo no cloud today >&2; exit 3"));
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("no cloud today", (string?)(await StatusAsync(response))["message"], StringComparison.Ordinal);
        Assert.Empty(cluster.Requests.Items);
    }

    [Fact]
    public async Task TokenFile_IsReadAgainAfterA401()
    {
        var path = _directory.File("token");
        await File.WriteAllTextAsync(path, "old");
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Answer = static request => request.Values("Authorization").Single() == "Bearer new"
                ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                : "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
        };
        Add(cluster.Port, new KubeConfigUser { TokenFile = path });
        using var client = Gateway.Client();

        using var before = await client.GetAsync("/alpha/x").DefaultTimeout();
        await File.WriteAllTextAsync(path, "new");
        using var after = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (before.StatusCode, after.StatusCode));
    }

    [Fact]
    public async Task ClusterBehindATunnelThatThereIsNot_Is503()
    {
        Gateway.AddCluster("alpha", 1, static e => e with { Kind = EndpointKind.ClusterProxy });
        using var client = Gateway.Client();

        using var response = await client.GetAsync("/alpha/x").DefaultTimeout();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("--proxy-host", (string?)(await StatusAsync(response))["message"], StringComparison.Ordinal);
    }

    private static KubeConfigUser Shell(string script) => new()
    {
        Exec = new ExecPlugin { ApiVersion = "client.authentication.k8s.io/v1", Command = "/bin/sh", Arguments = ["-c", script] },
    };

    private void Add(int port, KubeConfigUser user)
    {
        var cluster = Gateway.AddCluster("alpha", port);
        Gateway.Clusters.Put(cluster with { Credential = new ClusterCredential(CredentialType.Dynamic, user, null, "f") });
    }
}
