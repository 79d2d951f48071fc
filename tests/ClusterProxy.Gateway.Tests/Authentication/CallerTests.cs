using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Authentication;

/// <summary>Who the gateway takes a caller for, seen from what it asks the hub about. Everything through real TLS.</summary>
public sealed class CallerTests
{
    private const string List = GatewayFixture.Root + "/clustergateways";

    [Fact]
    public async Task FrontProxy_SpeaksForItsUser()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var asked = new JsonObject();
        gateway.Hub.AccessRule = spec =>
        {
            asked = (JsonObject)spec.DeepClone();
            return true;
        };

        var (status, _) = await gateway.GetRawAsync(
            gateway.FrontProxies.Client("kube-aggregator"), List,
            ("X-Remote-User", "alice"), ("X-Remote-Group", "devs"), ("X-Remote-Group", "a,b"), ("X-Remote-Extra-Example.com%2fScope", "x"));

        Assert.Equal((200, "alice"), (status, (string?)asked["user"]));
        Assert.Equal(["devs", "a,b", "system:authenticated"], asked["groups"]!.AsArray().Select(static g => (string)g!));
        Assert.Equal("""{"example.com/scope":["x"]}""", asked["extra"]!.ToJsonString());
    }

    [Fact]
    public async Task ClientCertificate_IsItsCommonName()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var asked = await AskedAsync(gateway, gateway.Client(gateway.People.Client("bob")));

        Assert.Equal("bob", (string?)asked["user"]);
    }

    [Fact]
    public async Task Token_IsItsUser_InHeaderAndSubprotocol()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var client = gateway.Bearer("carol", "devs");
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes("token-of-carol")).TrimEnd('=').Replace('+', '-').Replace('/', '_');

        Assert.Equal("carol", (string?)(await AskedAsync(gateway, client))["user"]);
        Assert.Equal("carol", (string?)(await AskedAsync(
            gateway, gateway.Client(), ("Sec-WebSocket-Protocol", $"v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.{encoded}")))["user"]);
        using var alone = await gateway.Client().AskAsync(
            List, headers: ("Sec-WebSocket-Protocol", $"base64url.bearer.authorization.k8s.io.{encoded}"));
        Assert.Equal(HttpStatusCode.Unauthorized, alone.StatusCode);
    }

    [Fact]
    public async Task InventedTokens_BeyondTheirNumber_Get429_AndWhoIsKnownGoesOn()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            static o => o with { AuthenticationUnknownTokensPerSecond = 3, AuthenticationTokenCacheTtl = TimeSpan.Zero }, time: new ManualTime());
        var carol = gateway.Bearer("carol");
        await carol.JsonAsync(List);
        var stranger = gateway.Client();

        var codes = new List<int>();
        for (var i = 0; i < 10; i++)
        {
            stranger.DefaultRequestHeaders.Authorization = new("Bearer", $"invented-{i}");
            using var answer = await stranger.AskAsync(List);
            codes.Add((int)answer.StatusCode);
            Assert.Equal((int)answer.StatusCode == 429, answer.Headers.RetryAfter is not null);
            await carol.JsonAsync(List);
        }

        Assert.Equal([401, 401, 429, 429, 429, 429, 429, 429, 429, 429], codes);
        Assert.Equal(("TooManyRequests", 429), await ReasonAsync(stranger));
        using var metrics = new HttpClient();
        Assert.Contains(
            "clusterproxy_gateway_authentications_total{result=\"limited\"} 9\n",
            await metrics.GetStringAsync(new Uri($"http://127.0.0.1:{gateway.Host.HealthPort}/metrics")).DefaultTimeout(), StringComparison.Ordinal);

        static async Task<(string, int)> ReasonAsync(HttpClient client)
        {
            var (code, reason, _) = await client.AskAsync(List).StatusAsync();
            return (reason, code);
        }
    }

    [Fact]
    public async Task Nobody_CannotHaveTheHubAskedWithoutEnd()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            static o => o with { AuthenticationUnknownTokensPerSecond = 3, AuthorizationDeniedCacheTtl = TimeSpan.FromSeconds(10) }, time: new ManualTime());
        gateway.Hub.AccessRule = static _ => false;
        using var nobody = gateway.Client();

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(403, (await nobody.AskAsync($"{List}/guess-{i}").StatusAsync()).Code);
        }

        Assert.Equal(3, gateway.Hub.Requests.Count(static r => r.Path.EndsWith("/subjectaccessreviews", StringComparison.Ordinal)));
        gateway.Hub.AccessRule = static _ => true;
        await gateway.FrontProxy("alice").JsonAsync(List);
    }

    [Fact]
    public async Task Nobody_IsAnonymous()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        Assert.Equal("system:anonymous", (string?)(await AskedAsync(gateway, gateway.Client()))["user"]);
    }

    public static TheoryData<string, string?> Spoofs => new()
    {
        { "none", "system:anonymous" },
        { "person", "mallory" },
        { "wrong name", null },
        { "expired", null },
        { "other authority", null },
        { "server certificate", null },
        { "token", "mallory" },
    };

    /// <summary>X-Remote-User: root from whoever is no front proxy never makes anybody root.</summary>
    [Theory]
    [MemberData(nameof(Spoofs))]
    public async Task RemoteUser_OfWhoeverIsNoFrontProxy_IsIgnored(string who, string? takenFor)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var others = new TestCertificates("other CA");
        var client = who switch
        {
            "none" => gateway.Client(),
            "person" => gateway.Client(gateway.People.Client("mallory")),
            "wrong name" => gateway.Client(gateway.FrontProxies.Client("mallory")),
            "expired" => gateway.Client(gateway.FrontProxies.ExpiredClient("kube-aggregator")),
            "other authority" => gateway.Client(others.Client("kube-aggregator")),
            "server certificate" => gateway.Client(gateway.FrontProxies.Server("kube-aggregator")),
            _ => gateway.Bearer("mallory"),
        };
        (string, string)[] spoof =
        [
            ("X-Remote-User", "root"), ("X-Remote-Group", "system:masters"), ("X_Remote_User", "root"), ("x-remote-USER", "root"),
        ];

        if (takenFor is null)
        {
            Assert.Equal(401, (await client.AskAsync(List, headers: spoof).StatusAsync()).Code);
        }
        else
        {
            Assert.Equal(takenFor, (string?)(await AskedAsync(gateway, client, spoof))["user"]);
        }
    }

    [Fact]
    public async Task FrontProxyWithTwoUsers_IsRefused()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var proxy = gateway.FrontProxies.Client("kube-aggregator");

        Assert.Equal(401, (await gateway.GetRawAsync(proxy, List, ("X-Remote-User", "alice"), ("X-Remote-User", "root"))).Status);
    }

    [Fact]
    public async Task UnderscoresSpellNoUser_EvenOfAFrontProxy()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var client = gateway.Client(gateway.FrontProxies.Client("kube-aggregator"));

        Assert.Equal(401, (await client.AskAsync(List, headers: ("X_Remote_User", "root")).StatusAsync()).Code);
    }

    [Fact]
    public async Task OneAuthorityForBoth_NeedsNames()
    {
        using var shared = new TestCertificates("shared CA");
        await using var gateway = await GatewayFixture.StartAsync(clientCa: shared);
        var pem = shared.Authority.ExportCertificatePem();
        gateway.Publish(pem, pem);
        var mallory = gateway.Client(shared.Client("mallory"));

        await Eventually.ObserveAsync(async () => (string?)(await AskedAsync(gateway, mallory, ("X-Remote-User", "root")))["user"] == "mallory");
        gateway.Publish(pem, pem, "kube-aggregator");
        await Eventually.ObserveAsync(async () =>
            (string?)(await AskedAsync(gateway, gateway.Client(shared.Client("kube-aggregator")), ("X-Remote-User", "alice")))["user"] == "alice");
        Assert.Equal("mallory", (string?)(await AskedAsync(gateway, mallory, ("X-Remote-User", "root")))["user"]);
    }

    [Fact]
    public async Task FrontProxyAuthority_RollsOverLive_OnOpenConnections()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var renewed = new TestCertificates("front proxy CA 2");
        var (before, after) = (gateway.FrontProxy("alice"), gateway.Client(renewed.Client("kube-aggregator")));
        Assert.Equal("alice", (string?)(await AskedAsync(gateway, before))["user"]);
        using (var early = await after.AskAsync(List, headers: ("X-Remote-User", "alice")))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, early.StatusCode);
        }

        gateway.Publish(renewed.Authority.ExportCertificatePem(), gateway.People.Authority.ExportCertificatePem(), "kube-aggregator");

        await Eventually.ObserveAsync(async () =>
        {
            using var answer = await after.AskAsync(List, headers: ("X-Remote-User", "alice"));
            return answer.StatusCode == HttpStatusCode.OK;
        });
        Assert.Equal(401, (await before.AskAsync(List).StatusAsync()).Code);
    }

    [Fact]
    public async Task BadConfigMap_LeavesTheLastGoodInUse()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Publish("no PEM at all", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "kube-aggregator", "second");

        await Eventually.ObserveAsync(() => Task.FromResult(gateway.Log.Records.Any(static r => r.EventName == "ExtensionAuthenticationBad")));

        Assert.Equal("alice", (string?)(await AskedAsync(gateway, gateway.FrontProxy("alice")))["user"]);
        Assert.Equal("bob", (string?)(await AskedAsync(gateway, gateway.Client(gateway.People.Client("bob"))))["user"]);
    }

    [Fact]
    public async Task Token_ThatIsNobodys_IsRefused_AndNotAnonymous()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var client = gateway.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", "nobodys");

        var (code, reason, message) = await client.AskAsync(List).StatusAsync();

        Assert.Equal((401, "Unauthorized", "Unauthorized"), (code, reason, message));
    }

    [Fact]
    public async Task Impersonation_NeedsTheHubsWord_ForEveryPart()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var asked = new ConcurrentQueue<JsonObject>();
        gateway.Hub.AccessRule = spec =>
        {
            asked.Enqueue((JsonObject)spec.DeepClone());
            return (string?)spec["resourceAttributes"]?["name"] != "system:masters";
        };
        var client = gateway.Bearer("admin2");

        using (var allowed = await client.AskAsync(
            List, headers: [("Impersonate-User", "dave"), ("Impersonate-Group", "devs"), ("Impersonate-Extra-Scopes", "s"), ("Impersonate-Uid", "u")]))
        {
            Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        }

        Assert.Equal(
            ["users:dave", "groups:devs", "uids:u", "userextras:s"],
            asked.Where(static s => (string?)s["resourceAttributes"]?["verb"] == "impersonate")
                .Select(static s => $"{s["resourceAttributes"]!["resource"]}:{s["resourceAttributes"]!["name"]}"));
        Assert.Equal("dave", (string?)asked.Last()["user"]);
        var (code, _, message) = await client.AskAsync(List, headers: [("Impersonate-User", "dave"), ("Impersonate-Group", "system:masters")]).StatusAsync();
        Assert.Equal(403, code);
        Assert.Contains("cannot impersonate", message, StringComparison.Ordinal);
        Assert.Equal(400, (await client.AskAsync(List, headers: ("Impersonate-Group", "devs")).StatusAsync()).Code);
        Assert.Equal(400, (await gateway.GetRawAsync(
            null, List, ("Authorization", "Bearer token-of-admin2"), ("Impersonate-User", "a"), ("Impersonate-User", "b"))).Status);
        Assert.Equal(401, (await gateway.GetRawAsync(
            null, List, ("Authorization", "Bearer token-of-admin2"), ("Authorization", "Bearer token-of-admin2"))).Status);
        Assert.Equal(400, (await client.AskAsync(List, headers: ("Impersonate_User", "root")).StatusAsync()).Code);
    }

    [Fact]
    public async Task HubThatDoesNotAnswer_LetsNobodyIn()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Hub.Faults.Answer(static r => r.Path.EndsWith("subjectaccessreviews", StringComparison.Ordinal), 500, times: 100);

        Assert.Equal(403, (await gateway.FrontProxy("alice").AskAsync(List).StatusAsync()).Code);
    }

    private static async Task<JsonObject> AskedAsync(GatewayFixture gateway, HttpClient client, params (string, string)[] headers)
    {
        var asked = new ConcurrentQueue<JsonObject>();
        gateway.Hub.AccessRule = spec =>
        {
            asked.Enqueue((JsonObject)spec.DeepClone());
            return true;
        };
        using var response = await client.AskAsync(List, headers: headers);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}");
        return asked.Last();
    }
}
