using System.Text.Json;
using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;

namespace ClusterProxy.Kubernetes.Tests.Requests;

public sealed class ResourceClientTests : ApiTest
{
    private ResourceClient<ConfigMap> Maps => Client().Resource(KnownResources.ConfigMaps);

    [Fact]
    public async Task CreatedObject_ReadsBack_WithWhatTheServerFilledIn()
    {
        var created = await Maps.CreateAsync(Map("a", ("k", "v")), None).DefaultTimeout();
        var read = await Maps.GetAsync(Named("a"), None).DefaultTimeout();

        Assert.Equal("v", read.Data!["k"]);
        Assert.Equal(created.Metadata!.ResourceVersion, read.Metadata!.ResourceVersion);
        Assert.NotNull(read.Metadata.Uid);
        Assert.NotNull(read.Metadata.CreationTimestamp);
        Assert.Equal(("v1", "ConfigMap"), (read.ApiVersion, read.Kind));
    }

    [Fact]
    public async Task Create_OfATakenName_IsAlreadyExists()
    {
        await Maps.CreateAsync(Map("a"), None).DefaultTimeout();

        var error = await Assert.ThrowsAsync<ApiAlreadyExistsException>(() => Maps.CreateAsync(Map("a"), None)).DefaultTimeout();

        Assert.Equal("AlreadyExists", error.Status.Reason);
        Assert.Equal("a", error.Status.Details!.Name);
    }

    [Fact]
    public async Task Get_OfNothing_IsNotFound_AndFindGivesNull()
    {
        await Assert.ThrowsAsync<ApiNotFoundException>(() => Maps.GetAsync(Named("a"), None)).DefaultTimeout();

        Assert.Null(await Maps.FindAsync(Named("a"), None).DefaultTimeout());
    }

    [Fact]
    public async Task Update_OfAnOldVersion_IsAConflict_AndNothingIsLost()
    {
        var first = await Maps.CreateAsync(Map("a", ("k", "1")), None).DefaultTimeout();
        await Maps.UpdateAsync(first with { Data = new Dictionary<string, string> { ["k"] = "2" } }, None).DefaultTimeout();

        await Assert.ThrowsAsync<ApiConflictException>(
            () => Maps.UpdateAsync(first with { Data = new Dictionary<string, string> { ["k"] = "3" } }, None)).DefaultTimeout();

        Assert.Equal("2", (await Maps.GetAsync(Named("a"), None).DefaultTimeout()).Data!["k"]);
    }

    [Fact]
    public async Task Update_KeepsFieldsThatTheTypeDoesNotKnow()
    {
        Api.Put("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","selfMade":{"x":1}},"data":{"k":"v"},"binaryData":{"b":"AA=="}}""");
        var read = await Maps.GetAsync(Named("a"), None).DefaultTimeout();

        await Maps.UpdateAsync(read with { Data = new Dictionary<string, string> { ["k"] = "w" } }, None).DefaultTimeout();

        var stored = Api.Find("configmaps", "default", "a")!;
        Assert.Equal("AA==", stored["binaryData"]!["b"]!.GetValue<string>());
        Assert.Equal(1, stored["metadata"]!["selfMade"]!["x"]!.GetValue<int>());
        Assert.Equal("w", stored["data"]!["k"]!.GetValue<string>());
    }

    [Fact]
    public async Task UpdateStatus_ChangesTheStatusAlone()
    {
        Api.Put("""{"apiVersion":"cluster.open-cluster-management.io/v1","kind":"ManagedCluster","metadata":{"name":"c"},"spec":{"hubAcceptsClient":true}}""");
        var clusters = Client().Resource(KnownResources.ManagedClusters);
        var read = await clusters.GetAsync(new ResourceName("c"), None).DefaultTimeout();

        var written = await clusters.UpdateStatusAsync(
            read with
            {
                Spec = new ManagedClusterSpec { HubAcceptsClient = false },
                Status = new ManagedClusterStatus { Conditions = [new ResourceCondition { Type = "Ready", Status = "True" }] },
            },
            None).DefaultTimeout();

        Assert.True(written.Spec!.HubAcceptsClient);
        Assert.Equal("Ready", written.Status!.Conditions!.Single().Type);
    }

    [Fact]
    public async Task ConditionWithATimeThatOnlyGoKnows_HidesNoObjectOfTheList()
    {
        Api.Put("""
            {"apiVersion":"cluster.open-cluster-management.io/v1","kind":"ManagedCluster","metadata":{"name":"odd"},"status":{"conditions":[
              {"type":"Odd","status":"True","lastTransitionTime":"2026-01-01T00:00:00+23:59","lastUpdateTime":"soon"},
              {"type":"Plain","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z","lastUpdateTime":null}]}}
            """);
        Api.Put("""{"apiVersion":"cluster.open-cluster-management.io/v1","kind":"ManagedCluster","metadata":{"name":"other"}}""");

        var list = await Client().Resource(KnownResources.ManagedClusters).ListAsync(ListOptions.Everything, None).DefaultTimeout();

        Assert.Equal(["odd", "other"], list.Items.Select(static c => c.Metadata!.Name));
        var conditions = list.Items[0].Status!.Conditions!;
        Assert.Null(conditions[0].LastTransitionTime);
        Assert.Null(conditions[0].LastUpdateTime);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), conditions[1].LastTransitionTime);
        Assert.Equal(
            """{"type":"Plain","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}""",
            JsonSerializer.Serialize(conditions[1], KubernetesJson.Default.ResourceCondition));
    }

    [Fact]
    public async Task Patches_MergeAndOperations_ChangeWhatTheySay()
    {
        await Maps.CreateAsync(Map("a", ("keep", "1"), ("drop", "2")), None).DefaultTimeout();

        await Maps.PatchAsync(
            Named("a"), Patch.Merge(new JsonObject { ["data"] = new JsonObject { ["drop"] = null, ["new"] = "3" } }), null, None).DefaultTimeout();
        var patched = await Maps.PatchAsync(
            Named("a"),
            Patch.Json([new JsonObject { ["op"] = "test", ["path"] = "/data/keep", ["value"] = "1" }, new JsonObject { ["op"] = "replace", ["path"] = "/data/keep", ["value"] = "4" }]),
            null,
            None).DefaultTimeout();

        Assert.Equal(new Dictionary<string, string> { ["keep"] = "4", ["new"] = "3" }, patched.Data!);
    }

    [Fact]
    public async Task Patch_WhoseTestFails_IsInvalid()
    {
        await Maps.CreateAsync(Map("a", ("k", "1")), None).DefaultTimeout();
        var patch = Patch.Json([new JsonObject { ["op"] = "test", ["path"] = "/data/k", ["value"] = "other" }]);

        await Assert.ThrowsAsync<ApiInvalidException>(() => Maps.PatchAsync(Named("a"), patch, null, None)).DefaultTimeout();
    }

    [Fact]
    public async Task Apply_CreatesChangesAndTakesBackItsOwnFields()
    {
        await Maps.ApplyAsync(Map("a", ("x", "1"), ("y", "1")), "me", force: false, null, None).DefaultTimeout();
        await Maps.ApplyAsync(Map("a", ("z", "9")), "other", force: false, null, None).DefaultTimeout();

        var applied = await Maps.ApplyAsync(Map("a", ("x", "2")), "me", force: false, null, None).DefaultTimeout();

        Assert.Equal(new Dictionary<string, string> { ["x"] = "2", ["z"] = "9" }, applied.Data!);
    }

    [Fact]
    public async Task Apply_OfAFieldOfAnotherManager_ConflictsUnlessForced()
    {
        await Maps.ApplyAsync(Map("a", ("x", "1")), "other", force: false, null, None).DefaultTimeout();

        var error = await Assert.ThrowsAsync<ApiConflictException>(
            () => Maps.ApplyAsync(Map("a", ("x", "2")), "me", force: false, null, None)).DefaultTimeout();
        var forced = await Maps.ApplyAsync(Map("a", ("x", "2")), "me", force: true, null, None).DefaultTimeout();

        Assert.Equal(".data.x", error.Status.Details!.Causes!.Single().Field);
        Assert.Equal("2", forced.Data!["x"]);
    }

    [Fact]
    public async Task Delete_SaysWhetherThereWasSomething()
    {
        await Maps.CreateAsync(Map("a"), None).DefaultTimeout();

        Assert.True(await Maps.DeleteAsync(Named("a"), null, None).DefaultTimeout());
        Assert.False(await Maps.DeleteAsync(Named("a"), null, None).DefaultTimeout());
    }

    [Fact]
    public async Task Delete_WhosePreconditionFails_IsAConflict_AndDeletesNothing()
    {
        var old = await Maps.CreateAsync(Map("a"), None).DefaultTimeout();
        await Maps.UpdateAsync(old with { Data = new Dictionary<string, string> { ["k"] = "v" } }, None).DefaultTimeout();

        foreach (var options in (DeleteOptions[])[new() { ResourceVersion = old.Metadata!.ResourceVersion }, new() { Uid = "another" }])
        {
            await Assert.ThrowsAsync<ApiConflictException>(() => Maps.DeleteAsync(Named("a"), options, None)).DefaultTimeout();
        }

        Assert.True(await Maps.DeleteAsync(Named("a"), new DeleteOptions { Uid = old.Metadata!.Uid }, None).DefaultTimeout());
    }

    [Fact]
    public async Task Secret_CarriesBytes_AndItsTextShowsNone()
    {
        var secrets = Client().Resource(KnownResources.Secrets);
        var secret = await secrets.CreateAsync(
            new Secret
            {
                Metadata = new ObjectMetadata { Name = "s", Namespace = "default" },
                Data = new Dictionary<string, byte[]> { ["token"] = [0, 255, 7], ["text"] = "hush"u8.ToArray() },
            },
            None).DefaultTimeout();

        Assert.Equal([0, 255, 7], secret.Data!["token"]);
        Assert.Equal("hush", secret.Text("text"));
        Assert.DoesNotContain("hush", secret.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lease_CarriesItsTimesToTheMicrosecond()
    {
        var leases = Client().Resource(KnownResources.Leases);
        var time = new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero).AddTicks(1234560);

        var lease = await leases.CreateAsync(
            new Lease
            {
                Metadata = new ObjectMetadata { Name = "l", Namespace = "kube-system" },
                Spec = new LeaseSpec { HolderIdentity = "h", LeaseDurationSeconds = 30, RenewTime = time },
            },
            None).DefaultTimeout();

        Assert.Equal(time, lease.Spec!.RenewTime);
        Assert.Equal("2026-05-06T07:08:09.123456Z", Api.Find("leases", "kube-system", "l")!["spec"]!["renewTime"]!.GetValue<string>());
    }

    [Fact]
    public async Task SigningRequest_IsApprovedAndIssuedThroughItsSubresources()
    {
        var requests = Client().Resource(KnownResources.CertificateSigningRequests);
        var created = await requests.CreateAsync(
            new CertificateSigningRequest
            {
                Metadata = new ObjectMetadata { Name = "r" },
                Spec = new CertificateSigningRequestSpec { SignerName = "example.com/signer", Request = [1, 2], Usages = ["client auth"] },
            },
            None).DefaultTimeout();
        var approved = await requests.UpdateSubresourceAsync(
            created with { Status = new CertificateSigningRequestStatus { Conditions = [new ResourceCondition { Type = "Approved", Status = "True" }] } },
            "approval",
            None).DefaultTimeout();

        var issued = await requests.UpdateStatusAsync(
            approved with { Status = approved.Status! with { Certificate = "PEM"u8.ToArray() } }, None).DefaultTimeout();

        Assert.Equal("admin", created.Spec!.Username);
        Assert.Equal("Approved", issued.Status!.Conditions!.Single().Type);
        Assert.Equal("PEM"u8.ToArray(), issued.Status.Certificate);
    }

    [Fact]
    public async Task CustomKind_NeedsNoTypeOfItsOwn()
    {
        Api.Resources = [.. Api.Resources, new ApiResource("example.com", "v1beta2", "Widget", "widgets", IsNamespaced: true)];
        var widgets = Client().Resource(KnownResources.Custom("example.com", "v1beta2", "Widget", "widgets", isNamespaced: true));

        await widgets.CreateAsync(
            new CustomObject
            {
                Metadata = new ObjectMetadata { Name = "w", Namespace = "n" },
                MoreFields = new Dictionary<string, JsonElement> { ["spec"] = JsonElement.Parse("""{"size":3}""") },
            },
            None).DefaultTimeout();
        var read = await widgets.GetAsync(new ResourceName("n", "w"), None).DefaultTimeout();

        Assert.Equal(3, read.MoreFields!["spec"].GetProperty("size").GetInt32());
        Assert.Equal("example.com/v1beta2", read.ApiVersion);
    }

    [Fact]
    public async Task List_ReadsAllPages_InOrder_AndWithSelectors()
    {
        PutMaps(25);
        PutMap("z1", "v", """{"app":"x"}""");
        var maps = Client(options: Quick with { PageSize = 10 }).Resource(KnownResources.ConfigMaps);

        var all = await maps.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        var some = await maps.ListAsync(new ListOptions { Namespace = "default", Labels = LabelSelector.Parse("app=x") }, None).DefaultTimeout();
        var one = await maps.ListAsync(new ListOptions { Fields = FieldSelector.ForName("m0007") }, None).DefaultTimeout();

        Assert.Equal(26, all.Items.Count);
        Assert.Equal(all.Items.Select(static m => m.Metadata!.Name).Order(StringComparer.Ordinal), all.Items.Select(static m => m.Metadata!.Name));
        Assert.All(all.Items, static m => Assert.Equal(("v1", "ConfigMap"), (m.ApiVersion, m.Kind)));
        Assert.Equal("z1", some.Items.Single().Metadata!.Name);
        Assert.Equal("m0007", one.Items.Single().Metadata!.Name);
        Assert.Equal(3, Api.Requests.Count(static r => r.Query.Contains("limit=10", StringComparison.Ordinal) && !r.Query.Contains("Selector", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ListPages_CountWhatRemains()
    {
        PutMaps(5);
        var maps = Client(options: Quick with { PageSize = 2 }).Resource(KnownResources.ConfigMaps);
        var pages = new List<(int Count, long? Remaining)>();

        await foreach (var page in maps.ListPagesAsync(ListOptions.Everything, None))
        {
            pages.Add((page.Items.Count, page.RemainingItemCount));
        }

        Assert.Equal([(2, 3), (2, 1), (1, null)], pages);
    }

    [Fact]
    public async Task List_WhosePageComesTooLate_IsReadAgainInOnePiece()
    {
        PutMaps(25);
        var held = new SyncPoint();
        Api.Faults.Hold(static r => r.Query.Contains("continue=", StringComparison.Ordinal), held);
        var maps = Client(options: Quick with { PageSize = 10 }).Resource(KnownResources.ConfigMaps);

        var listing = maps.ListAsync(ListOptions.Everything, None);
        await held.WaitUntilReachedAsync().DefaultTimeout();
        PutMap("new", "v");
        Api.Compact();
        held.Continue();

        Assert.Equal(26, (await listing.DefaultTimeout()).Items.Count);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a%2fb")]
    [InlineData("")]
    public async Task Name_ThatWouldChangeThePath_GoesNowhere(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Maps.GetAsync(Named(name), None)).DefaultTimeout();
        await Assert.ThrowsAsync<ArgumentException>(() => Maps.GetAsync(new ResourceName(name, "a"), None)).DefaultTimeout();

        Assert.Empty(Api.Requests);
    }

    [Fact]
    public async Task Raw_GivesTheBody() => Assert.Contains(
        "v1.32", System.Text.Encoding.UTF8.GetString(await Client().GetRawAsync("/version").DefaultTimeout()), StringComparison.Ordinal);
}
