using System.Net;
using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Aggregation;

public sealed class CollectionTests : IAsyncLifetime
{
    private const string Gateways = GatewayFixture.Root + "/clustergateways";
    private const string Virtual = GatewayFixture.Root + "/virtualclusters";
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
    private const string Partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

    private GatewayFixture _gateway = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync();
        _client = _gateway.FrontProxy();
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Get_HasTheFieldsOfTheGoGateway_AndNoSecret()
    {
        _gateway.Put("alpha", static c => c with { Health = new ClusterHealth(false, "ConnectionTimeout") });

        var text = (await _client.JsonAsync($"{Gateways}/alpha")).ToJsonString();
        var read = JsonNode.Parse(text)!;

        Assert.Equal(("ClusterGateway", "alpha"), ((string?)read["kind"], (string?)read["metadata"]!["name"]));
        Assert.Equal("https://alpha.example:6443", (string?)read["spec"]!["access"]!["endpoint"]!["const"]!["address"]);
        Assert.Equal("UEVN", (string?)read["spec"]!["access"]!["endpoint"]!["const"]!["caBundle"]);
        Assert.Equal(
            """{"type":"ServiceAccountToken","expirationTimestamp":"2050-01-01T00:00:00Z","fingerprint":"abc123"}""",
            read["spec"]!["access"]!["credential"]!.ToJsonString());
        Assert.Equal("""{"healthy":false,"healthyReason":"ConnectionTimeout"}""", read["status"]!.ToJsonString());
        Assert.DoesNotContain("very-secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("last-applied", text, StringComparison.Ordinal);
        Assert.Equal(text, (await _client.JsonAsync($"{Gateways}/alpha/health")).ToJsonString());
    }

    [Fact]
    public async Task UnknownCluster_IsNotFound_WithItsName()
    {
        var (code, reason, message) = await _client.AskAsync($"{Gateways}/nothing").StatusAsync();

        Assert.Equal((404, "NotFound", "clustergateways.cluster.core.oam.dev \"nothing\" not found"), (code, reason, message));
    }

    [Fact]
    public async Task UnknownCluster_IsForbidden_ForThoseWithoutTheRight()
    {
        _gateway.Hub.AccessRule = static _ => false;

        foreach (var path in (string[])["/nothing", "/nothing/health", "/nothing/proxy/api"])
        {
            var (code, _, message) = await _client.AskAsync(Gateways + path).StatusAsync();
            Assert.Equal(403, code);
            Assert.StartsWith("clustergateways.cluster.core.oam.dev \"nothing\" is forbidden: User \"alice\" cannot get resource \"clustergateways", message, StringComparison.Ordinal);
        }

        using var refused = await _client.AskAsync($"{Gateways}/nothing");
        Assert.Equal(
            """{"name":"nothing","group":"cluster.core.oam.dev","kind":"clustergateways"}""",
            JsonNode.Parse(await refused.Content.ReadAsStringAsync().DefaultTimeout())!["details"]!.ToJsonString());
    }

    [Fact]
    public async Task ManagedClusterWithoutSecret_IsAVirtualClusterOnly()
    {
        _gateway.Put("managed", static c => c with { Origin = ClusterOrigin.ManagedCluster, Accepted = false });

        Assert.Equal(404, (await _client.AskAsync($"{Gateways}/managed").StatusAsync()).Code);
        var read = await _client.JsonAsync($"{Virtual}/managed");
        Assert.Equal("""{"alias":"alias of managed","accepted":false,"endpoint":"-","credential-type":"ManagedCluster"}""", read["spec"]!.ToJsonString());
        Assert.Empty((await _client.JsonAsync(Gateways))["items"]!.AsArray());
    }

    [Fact]
    public async Task Tables_HaveTheColumnsThatPeopleKnow()
    {
        _gateway.Put("alpha");

        var gateways = await _client.JsonAsync(Gateways, Table);
        var virtuals = await _client.JsonAsync(Virtual, Table);
        var bare = await _client.JsonAsync($"{Gateways}?includeObject=None", Table);
        var whole = await _client.JsonAsync($"{Gateways}/alpha?includeObject=Object", Table);

        Assert.Equal("""["Name","Provider","Credential-Type","Endpoint-Type","Healthy"]""", Names(gateways));
        Assert.Equal("""["alpha","","ServiceAccountToken","Const","false"]""", gateways["rows"]![0]!["cells"]!.ToJsonString());
        Assert.Equal("name", (string?)gateways["columnDefinitions"]![0]!["format"]);
        Assert.Equal("PartialObjectMetadata", (string?)gateways["rows"]![0]!["object"]!["kind"]);
        Assert.Equal("""["Name","Alias","Credential_Type","Endpoint","Accepted","Labels","Creation_Timestamp"]""", Names(virtuals));
        Assert.Equal("""["local","","Internal","-",true,"cluster.core.oam.dev/control-plane=true",null]""", virtuals["rows"]![0]!["cells"]!.ToJsonString());
        Assert.Equal(
            """["alpha","alias of alpha","ServiceAccountToken","https://alpha.example:6443",true,"cluster.core.oam.dev/control-plane=false,region=a","2020-01-01T00:00:00Z"]""",
            virtuals["rows"]![1]!["cells"]!.ToJsonString());
        Assert.Null(bare["rows"]![0]!["object"]);
        Assert.Equal("ClusterGateway", (string?)whole["rows"]![0]!["object"]!["kind"]);

        static string Names(JsonNode table) =>
            new JsonArray([.. table["columnDefinitions"]!.AsArray().Select(static c => c!["name"]!.DeepClone())]).ToJsonString();
    }

    [Fact]
    public async Task Metadata_ComesAlone()
    {
        _gateway.Put("alpha");

        var list = await _client.JsonAsync(Gateways, Partial);

        Assert.Equal("PartialObjectMetadataList", (string?)list["kind"]);
        Assert.Equal(["kind", "apiVersion", "metadata"], list["items"]![0]!.AsObject().Select(static p => p.Key));
    }

    [Theory]
    [InlineData("", "ClusterGatewayList")]
    [InlineData("*/*", "ClusterGatewayList")]
    [InlineData("application/vnd.kubernetes.protobuf, application/cbor, application/json", "ClusterGatewayList")]
    [InlineData("application/json;as=Table;v=v1beta1;g=meta.k8s.io, application/json;as=Table;v=v1;g=meta.k8s.io, application/json", "Table")]
    [InlineData("application/json, application/json;as=Table;v=v1;g=meta.k8s.io", "ClusterGatewayList")]
    [InlineData("application/json;as=Table;v=v1beta1;g=meta.k8s.io", null)]
    [InlineData("application/vnd.kubernetes.protobuf", null)]
    public async Task FirstFormThatCanBeServed_Counts(string accept, string? kind)
    {
        using var answer = await _client.AskAsync(Gateways, accept);
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync().DefaultTimeout())!;

        Assert.Equal((kind is null ? 406 : 200, kind ?? "Status"), ((int)answer.StatusCode, (string?)body["kind"]));
    }

    [Theory]
    [InlineData("", "kubectl/v1.32", false)]
    [InlineData("", "curl/8.5.0", true)]
    [InlineData("", "Mozilla/5.0 (X11)", true)]
    [InlineData("?pretty=true", "kubectl/v1.32", true)]
    [InlineData("?pretty=false", "curl/8.5.0", false)]
    public async Task Answer_IsIndented_WhereAPersonReadsIt(string query, string agent, bool isIndented)
    {
        _gateway.Put("alpha");

        using var answer = await _client.AskAsync($"{Gateways}/alpha{query}", headers: ("User-Agent", agent));

        Assert.Equal(isIndented, (await answer.Content.ReadAsStringAsync().DefaultTimeout()).Contains("\n  \"kind\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Masters_MayDoAnything_WithoutAQuestionToTheHub()
    {
        _gateway.Hub.AccessRule = static _ => false;

        await _gateway.FrontProxy("system:kube-aggregator", "system:masters").JsonAsync(Gateways);

        Assert.DoesNotContain(_gateway.Hub.Requests, static r => r.Path.EndsWith("/subjectaccessreviews", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("labelSelector=region%3Da", "a1,a2")]
    [InlineData("labelSelector=region+notin+(a)", "b1")]
    [InlineData("labelSelector=other", "")]
    [InlineData("fieldSelector=metadata.name%3Db1", "b1")]
    [InlineData("fieldSelector=metadata.name!%3Db1", "a1,a2")]
    [InlineData("fieldSelector=metadata.name%3Da1&labelSelector=region%3Db", "")]
    public async Task Selectors_Select(string query, string names)
    {
        _gateway.Put("a1");
        _gateway.Put("a2");
        _gateway.Put("b1");

        Assert.Equal(names, string.Join(',', NamesOf(await _client.JsonAsync($"{Gateways}?{query}"))));
    }

    [Theory]
    [InlineData("labelSelector=a+b", 400)]
    [InlineData("fieldSelector=spec.provider%3Dx", 400)]
    [InlineData("limit=x", 400)]
    [InlineData("continue=x", 400)]
    [InlineData("watch=1&sendInitialEvents=true", 422)]
    [InlineData("resourceVersion=1&resourceVersionMatch=Exact", 410)]
    [InlineData("watch=1&resourceVersion=1", 410)]
    [InlineData("watch=1&resourceVersion=9000000000000000000", 410)]
    [InlineData("includeObject=x", 400)]
    public async Task BadQuery_IsToldApart(string query, int code) => Assert.Equal(code, (await _client.AskAsync($"{Gateways}?{query}").StatusAsync()).Code);

    [Fact]
    public async Task ControlPlaneLabel_TellsTheHubFromClusters()
    {
        _gateway.Put("alpha");

        Assert.Equal(["local"], NamesOf(await _client.JsonAsync($"{Virtual}?labelSelector=cluster.core.oam.dev/control-plane%3Dtrue")));
        Assert.Equal(["alpha"], NamesOf(await _client.JsonAsync($"{Virtual}?labelSelector=cluster.core.oam.dev/control-plane%3Dfalse")));
    }

    [Theory]
    [InlineData(Gateways, 10)]
    [InlineData(Virtual, 11)]
    public async Task Pages_AddUpToTheList(string path, int count)
    {
        for (var i = 0; i < 10; i++)
        {
            _gateway.Put($"c{i}", c => c with { CreatedAt = DateTimeOffset.UnixEpoch.AddDays(i / 2) });
        }

        var whole = NamesOf(await _client.JsonAsync(path)).ToArray();
        var pages = new List<string>();
        var (token, version) = ("", "");
        do
        {
            var page = await _client.JsonAsync($"{path}?limit=3&continue={token}");
            pages.AddRange(NamesOf(page));
            token = (string?)page["metadata"]!["continue"] ?? "";
            version = version.Length == 0 ? (string)page["metadata"]!["resourceVersion"]! : version;
            Assert.Equal(version, (string?)page["metadata"]!["resourceVersion"]);
            Assert.Equal(token.Length == 0 ? null : count - pages.Count, (int?)page["metadata"]!["remainingItemCount"]);
        }
        while (token.Length > 0);

        Assert.Equal(whole, pages);
        Assert.Equal(count, whole.Length);
    }

    [Theory]
    [InlineData("POST", "", 405)]
    [InlineData("DELETE", "/alpha", 405)]
    [InlineData("PATCH", "/alpha/health", 405)]
    [InlineData("GET", "/alpha/status", 404)]
    [InlineData("GET", "/alpha/health/x", 404)]
    [InlineData("GET", "/alpha/proxy2", 404)]
    public async Task WhatIsNotServed_IsToldByAStatus(string method, string path, int code)
    {
        _gateway.Put("alpha");

        Assert.Equal(code, (await _client.SendAsync(new HttpRequestMessage(new HttpMethod(method), Gateways + path)).StatusAsync()).Code);
    }

    [Fact]
    public async Task Health_IsWrittenToTheSecret()
    {
        _gateway.Hub.Put("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"alpha","namespace":"default","annotations":{"mine":"kept"}},"data":{"token":"dA=="}}""");
        _gateway.Put("alpha");
        using var content = new StringContent("""{"metadata":{"name":"alpha"},"status":{"healthy":true,"healthyReason":"fine"}}""", null, "application/json");
        using var other = new StringContent("""{"metadata":{"name":"beta"}}""", null, "application/json");
        using var yaml = new StringContent("a: b", null, "application/yaml");

        using var written = await _client.PutAsync($"{Gateways}/alpha/health", content).DefaultTimeout();
        using var mismatch = await _client.PutAsync($"{Gateways}/alpha/health", other).DefaultTimeout();
        using var unread = await _client.PutAsync($"{Gateways}/alpha/health", yaml).DefaultTimeout();

        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
        Assert.True((bool?)JsonNode.Parse(await written.Content.ReadAsStringAsync().DefaultTimeout())!["status"]!["healthy"]);
        var secret = _gateway.Hub.Find("secrets", "default", "alpha")!;
        Assert.Equal(("True", "kept"), ((string?)secret["metadata"]!["annotations"]!["status.cluster.core.oam.dev/healthy"], (string?)secret["metadata"]!["annotations"]!["mine"]));
        Assert.Equal("dA==", (string?)secret["data"]!["token"]);
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.UnsupportedMediaType), (mismatch.StatusCode, unread.StatusCode));
    }

    [Fact]
    public async Task Health_OfASecretThatSomebodyElseWritesMeanwhile_IsWrittenAllTheSame()
    {
        _gateway.Hub.Put("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"alpha","namespace":"default"}}""");
        _gateway.Put("alpha");
        var point = new SyncPoint();
        _gateway.Hub.Faults.Hold(static r => r.Method == "PUT", point);
        using var content = new StringContent("""{"metadata":{"name":"alpha"},"status":{"healthy":false,"healthyReason":"slow"}}""", null, "application/json");

        var writing = _client.PutAsync($"{Gateways}/alpha/health", content);
        await point.WaitUntilReachedAsync().DefaultTimeout();
        _gateway.Hub.Put("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"alpha","namespace":"default","annotations":{"theirs":"new"}}}""");
        point.Continue();
        using var written = await writing.DefaultTimeout();

        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
        var annotations = _gateway.Hub.Find("secrets", "default", "alpha")!["metadata"]!["annotations"]!;
        Assert.Equal(("new", "False"), ((string?)annotations["theirs"], (string?)annotations["status.cluster.core.oam.dev/healthy"]));
    }

    [Theory]
    [InlineData(403, "Forbidden")]
    [InlineData(404, "NotFound")]
    [InlineData(409, "Conflict")]
    [InlineData(422, "Invalid")]
    public async Task Health_ThatTheHubRefuses_IsRefusedAlike(int code, string reason)
    {
        _gateway.Hub.Faults.Say(
            static r => r.Method == "PUT", code, "application/json",
            $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","message":"told to","reason":"{{reason}}","code":{{code}} }""", times: 20);

        var refused = await PutHealthAsync().StatusAsync();

        Assert.Equal((code, reason), (refused.Code, refused.Reason));
        Assert.EndsWith("told to", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_ThatTheHubCannotTakeNow_IsToBeSentAgain()
    {
        _gateway.Hub.Faults.Answer(static r => r.Method == "PUT", 503, retryAfter: "0", times: 20);

        using var refused = await PutHealthAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    private async Task<HttpResponseMessage> PutHealthAsync()
    {
        _gateway.Hub.Put("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"alpha","namespace":"default"}}""");
        _gateway.Put("alpha");
        using var content = new StringContent("""{"metadata":{"name":"alpha"},"status":{"healthy":true}}""", null, "application/json");
        return await _client.PutAsync($"{Gateways}/alpha/health", content).DefaultTimeout();
    }

    private static IEnumerable<string> NamesOf(JsonNode list) => list["items"]!.AsArray().Select(static i => (string)i!["metadata"]!["name"]!);

    [Fact]
    public async Task SecretNamedLocal_DoesNotPassForTheHub()
    {
        _gateway.Put("local");

        var list = await _client.JsonAsync($"{GatewayFixture.Root}/virtualclusters");
        var local = await _client.JsonAsync($"{GatewayFixture.Root}/virtualclusters/local");

        Assert.Single(list["items"]!.AsArray(), static v => (string?)v!["metadata"]!["name"] == "local");
        Assert.Equal("Internal", (string?)local["spec"]!["credential-type"]);
    }

    [Fact]
    public async Task TextThatSteersATerminal_IsNotPutIntoATable()
    {
        _gateway.Put("alpha", static c => c with { Alias = "red\u001b[31m\r\nlocal" });

        var table = await _client.JsonAsync($"{GatewayFixture.Root}/virtualclusters/alpha", "application/json;as=Table;v=v1;g=meta.k8s.io");

        Assert.Equal("red\ufffd[31m\ufffd\ufffdlocal", (string?)table["rows"]![0]!["cells"]![1]);
    }

    [Theory]
    [InlineData(5000, 422, "Invalid")]
    [InlineData(4_000_000, 413, "RequestEntityTooLarge")]
    public async Task HealthReport_ThatIsTooLong_IsRefused(int length, int code, string reason)
    {
        _gateway.Put("alpha");
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Gateways}/alpha/health")
        {
            // Over HTTP/1.1 a client that still writes when it is refused may find the connection closed before it has read why.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(
                $$$"""{"metadata":{"name":"alpha"},"status":{"healthy":false,"healthyReason":"{{{new string('x', length)}}}"}}""", null, "application/json"),
        };

        var refused = await _client.SendAsync(request).StatusAsync();

        Assert.Equal((code, reason), (refused.Code, refused.Reason));
    }
}
