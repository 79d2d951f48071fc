using System.Text.Json;
using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using Xunit.Abstractions;

namespace ClusterProxy.Kubernetes.Tests.Outside;

/// <summary>The same server through an independent client: both must see, do and be refused the same.</summary>
public sealed class NodeClientTests(ITestOutputHelper output) : ApiTest, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public async Task Informers_OfBoth_HoldTheSameAfterAnyChanges()
    {
        await using var node = await StartAsync();
        PutMaps(12);
        await node.WatchAsync();
        await using var ours = Client(options: Quick with { PageSize = 5 }).CreateInformer(KnownResources.ConfigMaps);
        ours.Start();
        await ours.Synced.DefaultTimeout();
        var maps = Client().Resource(KnownResources.ConfigMaps);
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 60; i++)
        {
            var name = $"m{random.Next(16):d4}";
            switch (random.Next(5))
            {
                case 0:
                    await maps.DeleteAsync(Named(name), null, None).DefaultTimeout();
                    break;
                case 1:
                    await node.AskAsync("delete", Object(name));
                    break;
                case 2:
                    await maps.ApplyAsync(Map(name, ("ours", $"{i}")), "ours", force: true, null, None).DefaultTimeout();
                    break;
                case 3:
                    await node.AskAsync("apply", Object(name, ("theirs", $"{i}")), ("manager", "theirs"), ("force", true));
                    break;
                default:
                    await node.AskAsync("create", Object(name, ("born", $"{i}")));
                    break;
            }
        }

        PutMap("last", "done");
        await node.ExpectAsync(static e => e["name"]?.GetValue<string>() == "last");
        await Eventually.ObserveAsync(() => Task.FromResult(ours.Snapshot.Find(Named("last")) is not null));

        var seen = ours.Snapshot.All.ToDictionary(
            static m => m.Metadata!.Name!, static m => JsonSerializer.Serialize(m.Data ?? new Dictionary<string, string>()), StringComparer.Ordinal);
        Assert.Equal(node.Mirror(), new SortedDictionary<string, string>(seen, StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Lists_InPages_AreTheSame()
    {
        await using var node = await StartAsync();
        PutMaps(23);

        var theirs = (await node.AskAsync("list", null, ("limit", 10)))["result"]!.AsArray().Select(static n => n!.GetValue<string>());
        var ours = await Client(options: Quick with { PageSize = 10 }).Resource(KnownResources.ConfigMaps)
            .ListAsync(new ListOptions { Namespace = "default" }, None).DefaultTimeout();

        Assert.Equal(theirs, ours.Items.Select(static m => m.Metadata!.Name!));
    }

    [SkippableFact]
    public async Task WhatOneWrites_TheOtherReads()
    {
        await using var node = await StartAsync();
        var leases = Client().Resource(KnownResources.Leases);
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        await leases.CreateAsync(
            new Lease
            {
                Metadata = new ObjectMetadata { Name = "ours", Namespace = "default", Labels = new Dictionary<string, string> { ["a"] = "b" } },
                Spec = new LeaseSpec { HolderIdentity = "us", RenewTime = time },
            },
            None).DefaultTimeout();

        var theirs = (await node.AskAsync("get", Lease("ours")))["result"]!;
        var written = Lease("theirs");
        written["spec"] = new JsonObject { ["holderIdentity"] = "them", ["renewTime"] = "2026-01-02T03:04:05.678000Z" };
        await node.AskAsync("create", written);
        var ours = await leases.GetAsync(new ResourceName("default", "theirs"), None).DefaultTimeout();

        Assert.Equal("us", theirs["spec"]!["holderIdentity"]!.GetValue<string>());
        Assert.Equal(time, theirs["spec"]!["renewTime"]!.GetValue<DateTimeOffset>());
        Assert.Equal("b", theirs["metadata"]!["labels"]!["a"]!.GetValue<string>());
        Assert.Equal(("them", time), (ours.Spec!.HolderIdentity, ours.Spec.RenewTime!.Value));
    }

    [SkippableFact]
    public async Task Refusals_AreTheSame()
    {
        await using var node = await StartAsync();
        var maps = Client().Resource(KnownResources.ConfigMaps);
        PutMap("a", "1");
        await maps.ApplyAsync(Map("owned", ("x", "1")), "owner", force: false, null, None).DefaultTimeout();
        var stale = Object("a", ("key", "2"));
        stale["metadata"]!["resourceVersion"] = "1";

        await RefusedAsync("get", Object("nothing"), () => maps.GetAsync(Named("nothing"), None));
        await RefusedAsync("create", Object("a"), () => maps.CreateAsync(Map("a"), None));
        await RefusedAsync("replace", stale, () => maps.UpdateAsync(
            Map("a") with { Metadata = new ObjectMetadata { Name = "a", Namespace = "default", ResourceVersion = "1" } }, None));
        await RefusedAsync(
            "apply", Object("owned", ("x", "2")), () => maps.ApplyAsync(Map("owned", ("x", "2")), "other", force: false, null, None), ("manager", "third"));

        async Task RefusedAsync(string command, JsonObject value, Func<Task> send, params (string, JsonNode)[] more)
        {
            var theirs = await node.AskAsync(command, value, more);
            var ours = await Assert.ThrowsAnyAsync<ApiException>(send).DefaultTimeout();

            Assert.Equal("refused", theirs["event"]!.GetValue<string>());
            Assert.Equal(((int)ours.StatusCode, ours.Status.Reason), (theirs["code"]!.GetValue<int>(), theirs["reason"]!.GetValue<string>()));
        }
    }

    [SkippableFact]
    public async Task KubeConfigWithAClientCertificate_MakesBothTheSameUser()
    {
        var certificate = Api.Certificates.Client("alice");
        var text = Api.KubeConfigText().Replace(
            $"token: \"{FakeKubernetesApi.AdminToken}\"",
            $"client-certificate: \"{certificate.CertificateFile}\", client-key: \"{certificate.KeyFile}\"",
            StringComparison.Ordinal);
        await using var node = await StartAsync(text);

        await node.AskAsync("list", null, ("limit", 10));
        await Client(KubeConfig.Load(_directory.File("config")).Access()).GetRawAsync("/version").DefaultTimeout();

        Assert.NotEmpty(Api.Requests);
        Assert.All(Api.Requests, static r => Assert.Equal("alice", r.User?.Name));
    }

    private static JsonObject Object(string name, params (string Key, string Value)[] data) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
        ["data"] = new JsonObject(data.Select(static d => KeyValuePair.Create<string, JsonNode?>(d.Key, d.Value))),
    };

    private static JsonObject Lease(string name) => new()
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
    };

    private async Task<NodeClient> StartAsync(string? kubeconfig = null)
    {
        Skip.If(NodeClient.Missing is not null, NodeClient.Missing);
        await File.WriteAllTextAsync(_directory.File("config"), kubeconfig ?? Api.KubeConfigText());
        return await NodeClient.StartAsync(_directory.File("config"));
    }
}
