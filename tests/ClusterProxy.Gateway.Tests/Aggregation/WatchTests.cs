using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Aggregation;

public sealed class WatchTests : IAsyncLifetime
{
    private const string Gateways = GatewayFixture.Root + "/clustergateways";
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";

    private readonly ManualTime _time = new();
    private GatewayFixture _gateway = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync(time: _time);
        _client = _gateway.FrontProxy();
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Watch_BeginsWithWhatIsThere_AndTellsEveryChange()
    {
        _gateway.Put("alpha");
        using var watch = await Watch.OpenAsync(_client, $"{Gateways}?watch=true");

        Assert.Equal("ADDED alpha", await watch.NextAsync());
        _gateway.Put("beta");
        Assert.Equal("ADDED beta", await watch.NextAsync());
        _gateway.Put("alpha", static c => c with { Alias = "other" });
        Assert.Equal("MODIFIED alpha", await watch.NextAsync());
        _gateway.Remove("beta");
        Assert.Equal("DELETED beta", await watch.NextAsync());
    }

    [Fact]
    public async Task Watch_FromAList_MissesNothing()
    {
        _gateway.Put("alpha");
        var version = (string)(await _client.JsonAsync(Gateways))["metadata"]!["resourceVersion"]!;
        _gateway.Put("beta");
        _gateway.Remove("alpha");

        using var watch = await Watch.OpenAsync(_client, $"{Gateways}?watch=true&resourceVersion={version}");

        Assert.Equal("ADDED beta", await watch.NextAsync());
        Assert.Equal("DELETED alpha", await watch.NextAsync());
        var seen = watch.Version;
        _gateway.Put("gamma");
        Assert.Equal("ADDED gamma", await watch.NextAsync());
        using var resumed = await Watch.OpenAsync(_client, $"{Gateways}?watch=true&resourceVersion={seen}");
        Assert.Equal("ADDED gamma", await resumed.NextAsync());
    }

    [Fact]
    public async Task Selected_ComesAndGoes_AsItStartsAndStopsToMatch()
    {
        _gateway.Put("alpha");
        using var watch = await Watch.OpenAsync(_client, $"{Gateways}?watch=true&labelSelector=region%3Db");
        _gateway.Put("alpha", static c => c with { Labels = c.Labels.SetItem("region", "b") });
        Assert.Equal("ADDED alpha", await watch.NextAsync());
        _gateway.Put("alpha");
        Assert.Equal("DELETED alpha", await watch.NextAsync());
    }

    [Fact]
    public async Task Table_HasColumnsOnce()
    {
        _gateway.Put("alpha");
        using var watch = await Watch.OpenAsync(_client, $"{Gateways}?watch=true", Table);
        await watch.NextAsync();
        var first = watch.Last["object"]!;
        _gateway.Put("beta");
        await watch.NextAsync();

        Assert.Equal(5, first["columnDefinitions"]!.AsArray().Count);
        Assert.Null(watch.Last["object"]!["columnDefinitions"]);
        Assert.Equal("beta", (string?)watch.Last["object"]!["rows"]![0]!["cells"]![0]);
    }

    [Fact]
    public async Task InitialEvents_EndWithABookmark()
    {
        _gateway.Put("alpha");
        using var watch = await Watch.OpenAsync(
            _client, $"{Gateways}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");

        Assert.Equal("ADDED alpha", await watch.NextAsync());
        Assert.Equal("BOOKMARK ", await watch.NextAsync());
        Assert.Equal("true", (string?)watch.Last["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("&resourceVersion=")]
    [InlineData("&resourceVersion=0")]
    public async Task Watch_FromNoVersion_BeginsWithWhatIsThere(string query)
    {
        _gateway.Put("alpha");
        using var watch = await Watch.OpenAsync(_client, $"{Gateways}?watch=true{query}");

        Assert.Equal("ADDED alpha", await watch.NextAsync());
    }

    [Fact]
    public async Task Bookmark_ComesEveryMinute_ToWhomWantsIt()
    {
        _gateway.Put("alpha");
        using var watch = await Watch.OpenAsync(_client, $"{Gateways}?watch=true&allowWatchBookmarks=true&timeoutSeconds=86400");
        using var without = await Watch.OpenAsync(_client, $"{Gateways}?watch=true&timeoutSeconds=86400");
        Assert.Equal("ADDED alpha", await watch.NextAsync());
        Assert.Equal("ADDED alpha", await without.NextAsync());
        var version = watch.Version;

        // The watch may not wait yet as the clock goes on.
        var next = watch.NextAsync();
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(next.IsCompleted);
        });
        _gateway.Put("beta");

        Assert.Equal("BOOKMARK ", await next);
        Assert.Equal(version, watch.Version);
        Assert.Equal("ADDED beta", await without.NextAsync());
    }

    [Fact]
    public async Task VersionThatIsForgotten_IsExpired_ForWatchesAndPages()
    {
        _gateway.Put("alpha");
        _gateway.Put("beta");
        var list = (await _client.JsonAsync($"{Gateways}?limit=1"))["metadata"]!;
        for (var i = 0; i < 9000; i++)
        {
            _gateway.Put("gamma");
        }

        Assert.Equal((410, "Expired"), await AskedAsync($"watch=true&resourceVersion={list["resourceVersion"]}"));
        Assert.Equal((410, "Expired"), await AskedAsync($"limit=1&continue={list["continue"]}"));

        async Task<(int, string)> AskedAsync(string query)
        {
            var (code, reason, _) = await _client.AskAsync($"{Gateways}?{query}").StatusAsync();
            return (code, reason);
        }
    }

    [Fact]
    public async Task Timeout_EndsTheWatch()
    {
        using var watch = await Watch.OpenAsync(_client, $"{Gateways}?watch=true&timeoutSeconds=60");

        var end = watch.NextAsync();
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(60));
            return Task.FromResult(end.IsCompleted);
        });
        Assert.Null(await end);
    }

    [Fact]
    public async Task Shutdown_EndsTheWatchInPeace()
    {
        using var watch = await Watch.OpenAsync(_client, $"{Gateways}?watch=true");
        var stopping = _gateway.Host.ShutdownAsync();

        Assert.Null(await watch.NextAsync());
        await stopping.DefaultTimeout();
    }

    private sealed class Watch : IDisposable
    {
        private readonly HttpResponseMessage _response;
        private readonly StreamReader _lines;

        private Watch(HttpResponseMessage response, Stream stream) => (_response, _lines) = (response, new StreamReader(stream));

        public JsonNode Last { get; private set; } = new JsonObject();

        public string Version => (string)Last["object"]!["metadata"]!["resourceVersion"]!;

        public static async Task<Watch> OpenAsync(HttpClient client, string path, string accept = "application/json")
        {
            var response = await client.AskAsync(path, accept);
            Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}");
            return new Watch(response, await response.Content.ReadAsStreamAsync().DefaultTimeout());
        }

        /// <summary>Type and name of the next event; null at the end.</summary>
        public async Task<string?> NextAsync()
        {
            if (await _lines.ReadLineAsync().DefaultTimeout() is not { } line)
            {
                return null;
            }

            Last = JsonNode.Parse(line)!;
            return $"{Last["type"]} {Last["object"]!["metadata"]?["name"]}";
        }

        public void Dispose()
        {
            _lines.Dispose();
            _response.Dispose();
        }
    }
}
