using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Tests.Requests;

/// <summary>What callers get when something fails, and what is tried again.</summary>
public sealed class FailureTests : ApiTest
{
    private ResourceClient<ConfigMap> Maps => Client().Resource(KnownResources.ConfigMaps);

    public static TheoryData<string, Func<ResourceClient<ConfigMap>, Task>> Repeatable => new()
    {
        { "GET", static maps => maps.GetAsync(Named("a"), None) },
        { "GET", static maps => maps.ListAsync(ListOptions.Everything, None) },
        { "PUT", static maps => maps.UpdateAsync(Map("a"), None) },
        { "PATCH", static maps => maps.PatchAsync(Named("a"), Patch.Merge([]), null, None) },
        { "PATCH", static maps => maps.ApplyAsync(Map("a"), "me", force: true, null, None) },
        { "DELETE", static maps => maps.DeleteAsync(Named("a"), null, None) },
    };

    public static TheoryData<string, Func<ResourceClient<ConfigMap>, Task>> NotRepeatable => new()
    {
        { "POST", static maps => maps.CreateAsync(Map("b"), None) },
        { "PATCH", static maps => maps.PatchAsync(Named("a"), Patch.Json([]), null, None) },
    };

    [Theory]
    [MemberData(nameof(Repeatable))]
    public async Task RepeatableRequest_OvercomesBrokenConnectionsAndBusyServers(string method, Func<ResourceClient<ConfigMap>, Task> send)
    {
        PutMap("a", "v");
        Api.Faults.Break(r => r.Method == method);
        Api.Faults.Answer(r => r.Method == method, 503);
        Api.Faults.Answer(r => r.Method == method, 429, retryAfter: "0");
        Api.Faults.Answer(r => r.Method == method, 500, retryAfter: "0");

        await send(Maps).DefaultTimeout();

        Assert.Equal(5, Api.Requests.Count(r => r.Method == method));
    }

    [Theory]
    [MemberData(nameof(NotRepeatable))]
    public async Task RequestThatMustNotBeRepeated_IsSentOnce(string method, Func<ResourceClient<ConfigMap>, Task> send)
    {
        PutMap("a", "v");
        Api.Faults.Break(r => r.Method == method);

        await Assert.ThrowsAsync<ApiConnectionException>(() => send(Maps)).DefaultTimeout();

        Api.Faults.Answer(r => r.Method == method, 503, retryAfter: "0");
        var error = await Assert.ThrowsAsync<ApiUnavailableException>(() => send(Maps)).DefaultTimeout();
        Assert.Equal(TimeSpan.Zero, error.RetryAfter);
        Assert.Equal(2, Api.Requests.Count(r => r.Method == method));
    }

    [Theory]
    [InlineData(400, typeof(ApiException))]
    [InlineData(401, typeof(ApiUnauthorizedException))]
    [InlineData(403, typeof(ApiForbiddenException))]
    [InlineData(500, typeof(ApiException))]
    public async Task Refusal_ThatRepeatingCannotMend_IsNotRepeated(int status, Type exception)
    {
        Api.Faults.Answer(static _ => true, status, times: 10);

        var error = await Assert.ThrowsAsync(exception, () => Maps.GetAsync(Named("a"), None)).DefaultTimeout();

        Assert.Equal(status, (int)((ApiException)error).StatusCode);
        Assert.Contains("GET /api/v1/namespaces/default/configmaps/a", error.Message, StringComparison.Ordinal);
        Assert.Contains($"told to answer {status}", error.Message, StringComparison.Ordinal);
        Assert.Single(Api.Requests);
    }

    [Fact]
    public async Task Retries_AreBounded()
    {
        Api.Faults.Answer(static _ => true, 503, times: 100);

        await Assert.ThrowsAsync<ApiUnavailableException>(() => Maps.GetAsync(Named("a"), None)).DefaultTimeout();

        Assert.Equal(1 + Quick.Retry.MaxRetries, Api.Requests.Count);
    }

    [Fact]
    public async Task RetryAfter_IsWaitedFor()
    {
        var time = new ManualTime();
        Api.Faults.Answer(static _ => true, 429, retryAfter: "7");
        PutMap("a", "v");
        var maps = Client(time: time).Resource(KnownResources.ConfigMaps);

        var getting = maps.GetAsync(Named("a"), None);
        await Log.Log.WaitForAsync("RequestRetried").DefaultTimeout();
        time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.False(getting.IsCompleted);
        await AdvanceUntilDoneAsync(time, getting);

        Assert.Equal(2, Api.Requests.Count);
    }

    [Fact]
    public async Task RetryAfter_BeyondTheLimit_IsNotWaitedFor()
    {
        Api.Faults.Answer(static _ => true, 429, retryAfter: "3600");

        var error = await Assert.ThrowsAsync<ApiUnavailableException>(() => Maps.GetAsync(Named("a"), None)).DefaultTimeout();

        Assert.Equal(TimeSpan.FromHours(1), error.RetryAfter);
        Assert.Single(Api.Requests);
    }

    [Fact]
    public async Task Answer_ThatIsNoStatus_IsQuoted()
    {
        Api.Faults.Say(static _ => true, 502, "text/html", "<h1>the load balancer is sad</h1>", times: 10);

        var error = await Assert.ThrowsAsync<ApiException>(() => Maps.GetAsync(Named("a"), None)).DefaultTimeout();

        Assert.Contains("the load balancer is sad", error.Message, StringComparison.Ordinal);
        Assert.Equal(502, error.Status.Code);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("{\"metadata\":7}")]
    [InlineData("{\"kind\":\"ConfigMap\"")]
    public async Task Success_ThatIsNoObject_IsAFailure(string body)
    {
        Api.Faults.Say(static _ => true, 200, "application/json", body, times: 10);

        var error = await Assert.ThrowsAsync<ApiConnectionException>(() => Maps.GetAsync(Named("a"), None)).DefaultTimeout();

        Assert.Contains("is no ConfigMap", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        Api.Faults.Say(static _ => true, 307, "text/plain", "elsewhere");

        var error = await Assert.ThrowsAsync<ApiException>(() => Maps.GetAsync(Named("a"), None)).DefaultTimeout();

        Assert.Equal(307, (int)error.StatusCode);
    }

    [Fact]
    public async Task SilentServer_IsGivenUpAtTheDeadline()
    {
        var held = new SyncPoint();
        Api.Faults.Hold(static _ => true, held, times: 10);
        var options = Quick with { RequestTimeout = TimeSpan.FromMilliseconds(50), Retry = new RetryOptions { MaxRetries = 0 } };
        var maps = Client(options: options).Resource(KnownResources.ConfigMaps);

        var error = await Assert.ThrowsAsync<ApiConnectionException>(() => maps.GetAsync(Named("a"), None)).DefaultTimeout();

        Assert.Contains("no answer within 0.05 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_StaysACancellation()
    {
        var held = new SyncPoint();
        Api.Faults.Hold(static _ => true, held);
        using var cancel = new CancellationTokenSource();

        var getting = Maps.GetAsync(Named("a"), cancel.Token);
        await held.WaitUntilReachedAsync().DefaultTimeout();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => getting).DefaultTimeout();
    }

    [Fact]
    public async Task NobodyListening_IsAConnectionFailure_ThatNamesTheServer()
    {
        var port = FreePorts.Shared.Next();
        var access = new ClusterAccess(new KubeConfigCluster { Server = new Uri($"https://127.0.0.1:{port}") }, KubeConfigUser.Anonymous, "default");

        var error = await Assert.ThrowsAsync<ApiConnectionException>(() => Client(access).GetRawAsync("/version")).DefaultTimeout();

        Assert.Contains($"https://127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RateLimit_SpacesRequestsBeyondTheBurst()
    {
        var time = new ManualTime();
        PutMap("a", "v");
        var maps = Client(options: Quick with { RequestsPerSecond = 1, Burst = 2 }, time: time).Resource(KnownResources.ConfigMaps);
        await maps.GetAsync(Named("a"), None).DefaultTimeout();
        await maps.GetAsync(Named("a"), None).DefaultTimeout();

        var third = maps.GetAsync(Named("a"), None);

        Assert.False(third.IsCompleted);
        Assert.Equal(2, Api.Requests.Count);
        await AdvanceUntilDoneAsync(time, third);
        Assert.Equal(3, Api.Requests.Count);
    }

    /// <summary>The awaited timer may be set after this thread advances: a little more time each round.</summary>
    private static async Task AdvanceUntilDoneAsync(ManualTime time, Task task)
    {
        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(task.IsCompleted);
        });
        await task.DefaultTimeout();
    }
}
