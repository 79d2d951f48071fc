using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Reviews;

namespace ClusterProxy.Kubernetes.Tests.Reviews;

public sealed class AccessReviewerTests : ApiTest
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Question_ArrivesInFull_AndItsAnswerCounts()
    {
        Api.AccessRule = static spec => spec.ToJsonString()
            == """{"user":"jane","uid":"7","groups":["g"],"extra":{"scopes":["a"]},"resourceAttributes":{"verb":"create","group":"cluster.core.oam.dev","version":"v1alpha1","resource":"clustergateways","subresource":"proxy","name":"c1"}}""";
        var question = Question("c1") with { Uid = "7", Extra = new Dictionary<string, IReadOnlyList<string>> { ["scopes"] = ["a"] } };

        Assert.Equal(AccessVerdict.Allowed, (await Reviewer().ReviewAsync(question, None).DefaultTimeout()).Verdict);
        var denied = await Reviewer().ReviewAsync(Question("c2"), None).DefaultTimeout();
        Assert.Equal((AccessVerdict.Denied, "no rule of the test allows it"), (denied.Verdict, denied.Reason));
    }

    [Fact]
    public async Task PathThatIsNoResource_CanBeAskedFor()
    {
        Api.AccessRule = static spec => spec["nonResourceAttributes"]?["path"]?.GetValue<string>() == "/metrics";
        var question = new SubjectAccessReviewSpec { User = "jane", NonResourceAttributes = new NonResourceAttributes { Path = "/metrics", Verb = "get" } };

        Assert.Equal(AccessVerdict.Allowed, (await Reviewer().ReviewAsync(question, None).DefaultTimeout()).Verdict);
    }

    [Theory]
    [InlineData("""{"allowed":true,"denied":true}""")]
    [InlineData("""{"allowed":false,"evaluationError":"webhook is down"}""")]
    [InlineData("{}")]
    public async Task Answer_ThatIsNoPlainYes_IsNo(string status)
    {
        Api.Faults.Say(static _ => true, 201, "application/json", $$"""{"kind":"SubjectAccessReview","status":{{status}}}""");

        Assert.Equal(AccessVerdict.Denied, (await Reviewer().ReviewAsync(Question("c"), None).DefaultTimeout()).Verdict);
    }

    [Fact]
    public async Task Answers_AreKeptByTheWholeQuestion()
    {
        Api.AccessRule = static _ => true;
        var reviewer = Reviewer();
        foreach (var question in (SubjectAccessReviewSpec[])[Question("a"), Question("a"), Question("b"), Question("a") with { Groups = ["g", "h"] }])
        {
            await reviewer.ReviewAsync(question, None).DefaultTimeout();
        }

        Assert.Equal(3, Api.Requests.Count);
        _time.Advance(TimeSpan.FromSeconds(11));
        await reviewer.ReviewAsync(Question("a"), None).DefaultTimeout();
        Assert.Equal(4, Api.Requests.Count);
    }

    [Fact]
    public async Task ManyAtOnce_AskOnce_AndOneWhoLeavesDoesNotStopTheOthers()
    {
        Api.AccessRule = static _ => true;
        var held = new SyncPoint();
        Api.Faults.Hold(static _ => true, held);
        var reviewer = Reviewer();
        using var leave = new CancellationTokenSource();
        var leaver = reviewer.ReviewAsync(Question("a"), leave.Token);
        var others = Enumerable.Range(0, 20).Select(_ => reviewer.ReviewAsync(Question("a"), None)).ToArray();
        await held.WaitUntilReachedAsync().DefaultTimeout();

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver).DefaultTimeout();
        held.Continue();

        Assert.All(await Task.WhenAll(others).DefaultTimeout(), static d => Assert.Equal(AccessVerdict.Allowed, d.Verdict));
        Assert.Single(Api.Requests);
    }

    [Fact]
    public async Task HugeQuestion_IsAnsweredAndNotKept()
    {
        Api.AccessRule = static _ => true;
        var reviewer = Reviewer();
        var question = Question("a") with { Groups = [.. Enumerable.Range(0, 2_000).Select(static i => $"group-{i}")] };

        await reviewer.ReviewAsync(question, None).DefaultTimeout();
        await reviewer.ReviewAsync(question, None).DefaultTimeout();

        Assert.Equal(2, Api.Requests.Count);
    }

    [Fact]
    public async Task ServerThatCannotAnswer_AllowsNothing_AndIsAskedAgainNextTime()
    {
        Api.AccessRule = static _ => true;
        Api.Faults.Answer(static _ => true, 500, times: 1);
        var reviewer = Reviewer();

        Assert.Equal(AccessVerdict.Unavailable, (await reviewer.ReviewAsync(Question("a"), None).DefaultTimeout()).Verdict);
        Assert.Equal(AccessVerdict.Allowed, (await reviewer.ReviewAsync(Question("a"), None).DefaultTimeout()).Verdict);
    }

    [Fact]
    public async Task QuestionThatNamesNobody_IsABug()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Reviewer().ReviewAsync(Question("a") with { User = "", Groups = null }, None)).DefaultTimeout();
        await Assert.ThrowsAsync<ArgumentException>(() => Reviewer().ReviewAsync(Question("a") with { ResourceAttributes = null }, None)).DefaultTimeout();
    }

    private static SubjectAccessReviewSpec Question(string cluster) => new()
    {
        User = "jane",
        Groups = ["g"],
        ResourceAttributes = new ResourceAttributes
        {
            Verb = "create",
            Group = "cluster.core.oam.dev",
            Version = "v1alpha1",
            Resource = "clustergateways",
            Subresource = "proxy",
            Name = cluster,
        },
    };

    private AccessReviewer Reviewer() => new(Client(time: _time));
}
