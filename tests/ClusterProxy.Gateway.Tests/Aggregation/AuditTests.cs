using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Aggregation;
using ClusterProxy.Gateway.Audit;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Aggregation;

public sealed class AuditTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EveryRequest_HasALine_AndNoSecret()
    {
        await using (var gateway = await GatewayFixture.StartAsync(o => o with { Audit = new() { Path = _directory.File("audit") } }))
        {
            gateway.Put("alpha");
            var alice = gateway.FrontProxy("alice", "devs");
            await (await alice.AskAsync(
                $"{GatewayFixture.Root}/clustergateways/nothing/proxy/api/v1/namespaces/a/pods/x/log?token=hush", headers: ("Audit-ID", "id-1"))).Content
                .ReadAsStringAsync().DefaultTimeout();
            await alice.JsonAsync($"{GatewayFixture.Root}/clustergateways");
            await alice.JsonAsync("/apis");
            var stranger = gateway.Client();
            stranger.DefaultRequestHeaders.Authorization = new("Bearer", "guessed-token");
            Assert.Equal(401, (await stranger.AskAsync("/apis").StatusAsync()).Code);
        }

        var text = await File.ReadAllTextAsync(_directory.File("audit"));
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => JsonNode.Parse(l)!).ToArray();
        Assert.Equal(3, lines.Length);
        Assert.Equal(("alice", "front_proxy", "id-1"), ((string?)lines[0]["user"], (string?)lines[0]["by"], (string?)lines[0]["auditId"]));
        Assert.Equal(("get", "proxy", "nothing"), ((string?)lines[0]["verb"], (string?)lines[0]["subresource"], (string?)lines[0]["name"]));
        Assert.Equal("""{"verb":"get","resource":"pods","subresource":"log","namespace":"a","name":"x"}""", lines[0]["inner"]!.ToJsonString());
        Assert.Equal((404, false), ((int?)lines[0]["status"], (bool?)lines[0]["forwarded"]));
        Assert.Equal(("list", 200), ((string?)lines[1]["verb"], (int?)lines[1]["status"]));
        Assert.Equal((401, null), ((int?)lines[2]["status"], (string?)lines[2]["user"]));
        Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
        Assert.DoesNotContain("guessed-token", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upgrade_HasALineAsItBegins_AndOneAtItsEnd()
    {
        await using var managed = await FakeKubernetesApi.StartAsync();
        await using var gateway = await GatewayFixture.StartAsync(o => o with { Audit = new() { Path = _directory.File("audit") } });
        gateway.PutManaged("alpha", managed);
        using var alice = gateway.Bearer("alice");
        var proxy = $"{GatewayFixture.Root}/clustergateways/alpha/proxy/api/v1/namespaces/a/pods/x/exec";
        await using (var exec = await gateway.UpgradeAsync("alice", $"{proxy}?command=hush"))
        {
            var begun = Assert.Single(await LinesAsync(1));
            Assert.Equal(("upgrade", "alice", "alpha", 101), ((string?)begun["event"], (string?)begun["user"], (string?)begun["cluster"], (int?)begun["status"]));
            Assert.Equal("""{"verb":"create","resource":"pods","subresource":"exec","namespace":"a","name":"x"}""", begun["inner"]!.ToJsonString());
        }

        var lines = await LinesAsync(2);
        Assert.Equal(["upgrade", "request"], lines.Select(static l => (string?)l["event"]));
        Assert.True((double)lines[0]["durationMs"]! <= (double)lines[1]["durationMs"]!);

        async Task<JsonNode[]> LinesAsync(int count) => await Eventually.ObserveAsync(
            async () => (await File.ReadAllTextAsync(_directory.File("audit"))).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static l => JsonNode.Parse(l)!).ToArray(),
            l => l.Length >= count);
    }

    [Fact]
    public async Task UpgradeThatIsRefused_HasNoLineOfABeginning()
    {
        await using (var gateway = await GatewayFixture.StartAsync(o => o with { Audit = new() { Path = _directory.File("audit") } }))
        {
            gateway.Hub.AccessRule = static _ => false;
            using var alice = gateway.Bearer("alice");
            await using var refused = await gateway.UpgradeAsync(
                "alice", $"{GatewayFixture.Root}/clustergateways/alpha/proxy/api/v1/namespaces/a/pods/x/exec", expected: 403);
        }

        Assert.DoesNotContain("\"upgrade\"", await File.ReadAllTextAsync(_directory.File("audit")), StringComparison.Ordinal);
    }

    [Fact]
    public void TextOfACaller_IsBoundedAndStaysOneLine()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        var record = new RequestRecord { Caller = new Caller(CallerKind.Token, new string('a', 511) + "\ud83d\ude00"), Refusal = "line\r\nline \ud83d" };

        RequestJson.Write(json, new RequestEntry(RequestEvent.Request, DateTimeOffset.UnixEpoch, record, "GET", "/", "", "", "", 403, TimeSpan.Zero));
        json.Flush();

        var line = Encoding.UTF8.GetString(buffer.WrittenSpan);
        Assert.DoesNotContain('\n', line);
        Assert.Equal(new string('a', 511) + "\ufffd", (string?)JsonNode.Parse(line)!["user"]);
    }
}
