using ClusterProxy.Kubernetes.Reviews;

namespace ClusterProxy.Kubernetes.Tests.Reviews;

public sealed class TokenReviewerTests : ApiTest
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Token_OfAServiceAccount_IsThatUser_WithItsClaims()
    {
        Api.Tokens["t"] = ApiUser.ServiceAccount("ns", "agent", "hub") with
        {
            Extra = new Dictionary<string, string[]> { [TokenReviewResult.PodNameClaim] = ["agent-0"] },
        };

        var result = await Reviewer("hub", "other").ReviewAsync("t", None).DefaultTimeout();

        Assert.Equal(TokenVerdict.Authenticated, result.Verdict);
        Assert.Equal("system:serviceaccount:ns:agent", result.User!.Username);
        Assert.Contains("system:serviceaccounts", result.User.Groups!);
        Assert.Equal("agent-0", result.Claim(TokenReviewResult.PodNameClaim));
        Assert.Null(result.Claim(TokenReviewResult.NodeNameClaim));
    }

    [Fact]
    public async Task TokenForAnotherAudience_IsRejected()
    {
        Api.Tokens["t"] = ApiUser.ServiceAccount("ns", "agent", "somebody-else");

        Assert.Equal(TokenVerdict.Rejected, (await Reviewer("hub").ReviewAsync("t", None).DefaultTimeout()).Verdict);
    }

    [Theory]
    [InlineData("""{"authenticated":true,"user":{"username":"u"}}""", TokenVerdict.Rejected)]
    [InlineData("""{"authenticated":true,"user":{"username":"u"},"audiences":["x"]}""", TokenVerdict.Rejected)]
    [InlineData("""{"authenticated":true,"user":{"username":""},"audiences":["hub"]}""", TokenVerdict.Rejected)]
    [InlineData("""{"authenticated":true,"audiences":["hub"]}""", TokenVerdict.Rejected)]
    [InlineData("""{"user":{"username":"u"},"audiences":["hub"]}""", TokenVerdict.Rejected)]
    [InlineData("""{}""", TokenVerdict.Rejected)]
    [InlineData("""{"authenticated":true,"user":{"username":"u"},"audiences":["hub"],"error":"webhook is down"}""", TokenVerdict.Unavailable)]
    [InlineData("""{"authenticated":true,"user":{"username":"u"},"audiences":["x","hub"]}""", TokenVerdict.Authenticated)]
    public async Task Answer_LetsInOnlyWhoIsAuthenticatedForUs(string status, TokenVerdict verdict)
    {
        Api.Faults.Say(static r => r.Path.EndsWith("tokenreviews", StringComparison.Ordinal), 201, "application/json", $$"""{"kind":"TokenReview","status":{{status}}}""");

        var result = await Reviewer("hub").ReviewAsync("t", None).DefaultTimeout();

        Assert.Equal(verdict, result.Verdict);
        Assert.Equal(verdict == TokenVerdict.Authenticated, result.User is not null);
    }

    [Fact]
    public async Task Answers_AreKeptForTheirTime_AndThenAskedAgain()
    {
        Api.Tokens["t"] = ApiUser.ServiceAccount("ns", "agent", "hub");
        var reviewer = Reviewer("hub");
        await reviewer.ReviewAsync("t", None).DefaultTimeout();
        await reviewer.ReviewAsync("unknown", None).DefaultTimeout();
        Api.Tokens.TryRemove("t", out _);

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(TokenVerdict.Authenticated, (await reviewer.ReviewAsync("t", None).DefaultTimeout()).Verdict);
        Assert.Equal(TokenVerdict.Rejected, (await reviewer.ReviewAsync("unknown", None).DefaultTimeout()).Verdict);
        Assert.Equal(2, Api.Requests.Count);

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TokenVerdict.Rejected, (await reviewer.ReviewAsync("t", None).DefaultTimeout()).Verdict);
        Assert.Equal(3, Api.Requests.Count);
    }

    [Fact]
    public async Task ManyAtOnce_AskOnce_AndOneWhoLeavesDoesNotStopTheOthers()
    {
        Api.Tokens["t"] = ApiUser.ServiceAccount("ns", "agent", "hub");
        var held = new SyncPoint();
        Api.Faults.Hold(static _ => true, held);
        var reviewer = Reviewer("hub");
        using var leave = new CancellationTokenSource();
        var leaver = reviewer.ReviewAsync("t", leave.Token);
        var others = Enumerable.Range(0, 20).Select(_ => reviewer.ReviewAsync("t", None)).ToArray();
        await held.WaitUntilReachedAsync().DefaultTimeout();

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver).DefaultTimeout();
        held.Continue();

        Assert.All(await Task.WhenAll(others).DefaultTimeout(), static r => Assert.Equal(TokenVerdict.Authenticated, r.Verdict));
        Assert.Single(Api.Requests);
    }

    [Fact]
    public async Task ServerThatCannotAnswer_LetsNobodyIn_AndIsAskedAgainNextTime()
    {
        Api.Tokens["t"] = ApiUser.ServiceAccount("ns", "agent", "hub");
        Api.Forbidden = static _ => true;
        var reviewer = Reviewer("hub");

        var refused = await reviewer.ReviewAsync("t", None).DefaultTimeout();
        Api.Forbidden = static _ => false;
        var allowed = await reviewer.ReviewAsync("t", None).DefaultTimeout();

        Assert.Equal((TokenVerdict.Unavailable, TokenVerdict.Authenticated), (refused.Verdict, allowed.Verdict));
        Assert.Contains(Log.Records, static r => r.EventName == "ReviewFailed" && !r.Message.Contains("\"t\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SilentServer_IsUnavailableAtTheDeadline()
    {
        var held = new SyncPoint();
        Api.Faults.Hold(static _ => true, held, times: 10);
        var reviewing = Reviewer("hub").ReviewAsync("t", None);
        await held.WaitUntilReachedAsync().DefaultTimeout();

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(TokenVerdict.Unavailable, (await reviewing.DefaultTimeout()).Verdict);
        held.Continue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40_000)]
    public async Task TokenThatCanBeNone_IsRejectedUnasked(int length)
    {
        Assert.Equal(TokenVerdict.Rejected, (await Reviewer("hub").ReviewAsync(new string('x', length), None).DefaultTimeout()).Verdict);

        Assert.Empty(Api.Requests);
    }

    [Fact]
    public async Task Cache_HoldsNoMoreThanItsCapacity()
    {
        var cache = new ReviewCache<string>(new ReviewOptions { Capacity = 3 }, _time);
        for (var i = 0; i < 10; i++)
        {
            await cache.GetAsync($"{i}", _ => Task.FromResult("answer"), static _ => TimeSpan.FromSeconds(10), None).DefaultTimeout();
            Assert.InRange(cache.Count, 1, 3);
        }

        await cache.GetAsync("forgotten", _ => Task.FromResult("answer"), static _ => TimeSpan.Zero, None).DefaultTimeout();
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public async Task UnknownTokens_BeyondTheirNumberASecond_AreRefusedUnasked_AndKnownOnesAreNot()
    {
        Api.Tokens["t"] = ApiUser.ServiceAccount("ns", "agent");
        var reviewer = new TokenReviewer(Client(time: _time), [], new ReviewOptions { StrangersPerSecond = 5 });
        Assert.Equal(TokenVerdict.Authenticated, (await reviewer.ReviewAsync("t", None).DefaultTimeout()).Verdict);
        _time.Advance(TimeSpan.FromSeconds(11));

        var verdicts = new List<TokenVerdict>();
        for (var i = 0; i < 20; i++)
        {
            verdicts.Add((await reviewer.ReviewAsync($"invented-{i}", None).DefaultTimeout()).Verdict);
        }

        Assert.Equal(5, verdicts.Count(static v => v == TokenVerdict.Rejected));
        Assert.Equal(15, verdicts.Count(static v => v == TokenVerdict.Limited));
        Assert.Equal(6, Api.Requests.Count);
        Assert.Equal(TokenVerdict.Authenticated, (await reviewer.ReviewAsync("t", None).DefaultTimeout()).Verdict);
        Assert.Equal(TokenVerdict.Rejected, (await reviewer.ReviewAsync("invented-0", None).DefaultTimeout()).Verdict);
        Assert.Equal(7, Api.Requests.Count);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TokenVerdict.Rejected, (await reviewer.ReviewAsync("invented-19", None).DefaultTimeout()).Verdict);
    }

    [Fact]
    public async Task UnknownTokens_WhoseReviewsHang_AreNoMoreThanTheirNumberAtOnce()
    {
        var held = new SyncPoint();
        Api.Faults.Hold(static _ => true, held, times: 100);
        var reviewer = new TokenReviewer(Client(time: _time), [], new ReviewOptions { StrangersPerSecond = 3 });
        var hanging = Enumerable.Range(0, 3).Select(i => reviewer.ReviewAsync($"invented-{i}", None)).ToArray();
        await held.Arrivals.WaitForAtLeastAsync(3).DefaultTimeout();
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(TokenVerdict.Limited, (await reviewer.ReviewAsync("another", None).DefaultTimeout()).Verdict);
        held.Continue();
        await Task.WhenAll(hanging).DefaultTimeout();

        Assert.Equal(TokenVerdict.Rejected, (await reviewer.ReviewAsync("another", None).DefaultTimeout()).Verdict);
    }

    [Fact]
    public async Task Cache_FullOfStrangers_KeepsThoseWhoAreKnown()
    {
        Api.Tokens["t"] = ApiUser.ServiceAccount("ns", "agent");
        var reviewer = new TokenReviewer(Client(time: _time), [], new ReviewOptions { Capacity = 4, KeepYes = TimeSpan.FromHours(1), KeepNo = TimeSpan.FromHours(1) });
        await reviewer.ReviewAsync("t", None).DefaultTimeout();
        for (var i = 0; i < 20; i++)
        {
            await reviewer.ReviewAsync($"invented-{i}", None).DefaultTimeout();
        }

        var asked = Api.Requests.Count;
        Assert.Equal(TokenVerdict.Authenticated, (await reviewer.ReviewAsync("t", None).DefaultTimeout()).Verdict);
        Assert.Equal(asked, Api.Requests.Count);
    }

    private TokenReviewer Reviewer(params string[] audiences) => new(Client(time: _time), audiences);
}
