using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Server.Tests.Agents.Tokens;

/// <summary>Agents that show a service account token, and a Kubernetes API server that knows whose it is.</summary>
public sealed class AgentTokenTests : IAsyncLifetime
{
    private const string Refused = "clusterproxy_server_agents_refused_total";

    private readonly ManualTime _time = new();
    private TestApiServer _api = null!;
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _api = await TestApiServer.StartAsync();
        _server = await TestServer.StartAsync(_api.WithTokens, _time);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task Token_OfTheAccountAndAudience_LetsIn_AndItsPodAndNodeAreKnown()
    {
        _api.AddToken("good");

        await using var agent = await ConnectAsync("good");

        var token = Assert.Single(_server.Host.Agents.Tunnels).Agent.Token!;
        Assert.Equal(("ns/agent", ""), (token.Account, token.Cluster));
        Assert.Equal(
            ["credential-id=JTI=0", "node-uid=uid-7", "node=node-7", "pod-uid=uid-0", "pod=agent-0", "uid=uid-of-ns-agent"],
            token.Claims.Select(static c => $"{c.Key}={c.Value}").Order(StringComparer.Ordinal));
        var review = _api.Api.Requests.Single(static r => r.Path.EndsWith("/tokenreviews", StringComparison.Ordinal));
        Assert.Contains("\"audiences\":[\"hub\"]", review.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(_server.Log.Records, static r => r.ToString().Contains("good", StringComparison.Ordinal));
    }

    [Fact]
    public void Tokens_ThatBindNothing_AreSaidLoudly_ToBeTokens()
    {
        var warning = Assert.Single(_server.Log.Records, static r => r.EventName == "AgentIdentityClaimed");

        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("any token of the service account ns/agent", warning.Message, StringComparison.Ordinal);
        Assert.Contains("--agent-token-cluster=namespace or --agent-token-identifiers=host={node}", warning.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ertificate", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobodys", "token_rejected")]
    [InlineData("other-audience", "token_rejected")]
    [InlineData("other-account", "wrong_account")]
    [InlineData("other-namespace", "wrong_account")]
    [InlineData("a-user", "wrong_account")]
    [InlineData("five-parts", "wrong_account")]
    [InlineData("", "token_rejected")]
    public async Task Token_ThatIsNotTheAccounts_IsRefused_Counted_AndLogged(string token, string reason)
    {
        _api.Api.Tokens["other-audience"] = ApiUser.ServiceAccount("ns", "agent", "elsewhere");
        _api.Api.Tokens["other-account"] = ApiUser.ServiceAccount("ns", "thief", TestApiServer.Audience);
        _api.Api.Tokens["other-namespace"] = ApiUser.ServiceAccount("kube-system", "agent", TestApiServer.Audience);
        _api.Api.Tokens["a-user"] = new ApiUser("agent") { Audiences = [TestApiServer.Audience] };
        _api.Api.Tokens["five-parts"] = new ApiUser("system:serviceaccount:ns:agent:x") { Audiences = [TestApiServer.Audience] };

        await RefusedAsync(GrpcStatusCode.Unauthenticated, reason, new KeyValuePair<string, string>("authorization", $"Bearer {token}"));
    }

    [Fact]
    public Task NoToken_IsRefused() => RefusedAsync(GrpcStatusCode.Unauthenticated, "no_token");

    [Fact]
    public Task AnotherScheme_IsRefused() =>
        RefusedAsync(GrpcStatusCode.Unauthenticated, "no_token", new KeyValuePair<string, string>("authorization", "Basic Z29vZA=="));

    [Fact]
    public async Task TwoTokens_AreRefused()
    {
        _api.AddToken("good");

        // The client here joins them into one line, which is no token.
        await RefusedAsync(GrpcStatusCode.Unauthenticated, "token_rejected", new("authorization", "Bearer good"), new("authorization", "Bearer good"));
    }

    [Fact]
    public async Task ApiServerThatCannotAnswer_LetsNobodyIn()
    {
        _api.AddToken("good");
        _api.Api.Forbidden = static _ => true;

        await RefusedAsync(GrpcStatusCode.Unavailable, "token_unavailable", new KeyValuePair<string, string>("authorization", "Bearer good"));
    }

    [Fact]
    public async Task ManyConnectsWithOneToken_AreOneReview()
    {
        _api.AddToken("good");
        for (var i = 0; i < 5; i++)
        {
            await (await ConnectAsync("good")).DisposeAsync();
            await Eventually.ObserveAsync(() => Task.FromResult(_server.Host.Agents.Tunnels.IsEmpty));
        }

        Assert.Equal(1, _api.Reviews());
    }

    [Fact]
    public async Task TokenThatWasTakenBack_EndsItsTunnel()
    {
        _api.AddToken("good");
        await using var agent = await ConnectAsync("good");
        await AdvanceUntilAsync(() => _api.Reviews() == 2);
        Assert.Single(_server.Host.Agents.Tunnels);

        _api.Api.Tokens.TryRemove("good", out _);
        await AdvanceUntilAsync(() => _server.Host.Agents.Tunnels.IsEmpty);

        Assert.Contains(_server.Log.Records, static r => r.EventName == "AgentTokenRevoked");
    }

    [Fact]
    public async Task TokenThatHasOnlyEnded_KeepsItsTunnel_AndIsReviewedNoMore()
    {
        var token = WebToken.Of(_time.GetUtcNow(), _time.GetUtcNow().AddMinutes(1));
        _api.AddToken(token);
        await using var agent = await ConnectAsync(token);

        _api.Api.Tokens.TryRemove(token, out _);
        await AdvanceUntilAsync(() => _server.Log.Records.Any(static r => r.EventName == "AgentTokenEnded"));

        var (ended, reviews) = (Assert.Single(_server.Host.Agents.Tunnels), ReviewsOf(token));
        _api.AddToken("good");
        await using var other = await ConnectAsync("good");
        await AdvanceUntilAsync(() => ReviewsOf("good") == 3);

        Assert.Equal(reviews, ReviewsOf(token));
        await agent.SendAsync(PacketFactory.CloseResponse(-1));
        await Eventually.ObserveAsync(() => Task.FromResult(!ended.IsDraining));
    }

    [Fact]
    public async Task ApiServerThatIsDown_TakesNoTunnelWithIt()
    {
        _api.AddToken("good");
        await using var agent = await ConnectAsync("good");
        _api.Api.Forbidden = static _ => true;

        await AdvanceUntilAsync(() => _api.Reviews() >= 3);

        Assert.Single(_server.Host.Agents.Tunnels);
    }

    private static KeyValuePair<string, string>[] Metadata(params KeyValuePair<string, string>[] more) =>
        [new("agentid", "a"), new("agentidentifiers", ""), .. more];

    private async Task<ScriptedPeer> ConnectAsync(string token)
    {
        var before = _server.Host.Agents.Tunnels.Length;
        var call = await _server.CallAgentPortAsync(Metadata(new KeyValuePair<string, string>("authorization", $"Bearer {token}")));
        await call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        await Eventually.ObserveAsync(() => Task.FromResult(_server.Host.Agents.Tunnels.Length > before));
        return new ScriptedPeer(call);
    }

    private async Task RefusedAsync(GrpcStatusCode code, string reason, params KeyValuePair<string, string>[] metadata)
    {
        var error = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            await using var call = await _server.CallAgentPortAsync(Metadata(metadata));
            await call.ResponseHeadersAsync(CancellationToken.None);
        }).DefaultTimeout();

        Assert.Equal(code, error.Status.Code);
        Assert.Empty(_server.Host.Agents.Tunnels);
        Assert.Equal(1, _server.Metric(Refused).Value(("reason", reason)));
        Assert.Contains(_server.Log.Records, static r => r is { EventName: "AgentIdentityRefused", Level: LogLevel.Warning });
    }

    private int ReviewsOf(string token) => _api.Api.Requests.Count(r => r.Body.Contains($"\"{token}\"", StringComparison.Ordinal));

    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.ObserveAsync(() =>
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        return Task.FromResult(condition());
    });
}
