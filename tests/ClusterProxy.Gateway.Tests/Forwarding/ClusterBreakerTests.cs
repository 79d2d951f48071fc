using ClusterProxy.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;
using Polly.CircuitBreaker;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>The one request that finds out whether a cluster is back.</summary>
public sealed class ClusterBreakerTests : IDisposable
{
    private static readonly TimeSpan Break = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TrialLimit = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly ObservedCount _opened = new();
    private readonly ObservedCount _closed = new();
    private readonly HttpResponseMessage _answer = new();
    private readonly ClusterBreaker _breaker;

    public ClusterBreakerTests() => _breaker = new ClusterBreaker(_time, _opened.Increment, _closed.Increment);

    public void Dispose() => _answer.Dispose();

    [Fact]
    public async Task TrialWithoutAnAnswer_HasFailedInTime_AndItsRequestGoesOn()
    {
        await OpenAsync();
        var late = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = SendAsync(late.Task);
        await Assert.ThrowsAsync<BrokenCircuitException>(() => SendAsync(Task.FromResult(_answer))).DefaultTimeout();

        _time.Advance(TrialLimit);
        await _opened.WaitForAsync(2).DefaultTimeout();
        await Assert.ThrowsAsync<BrokenCircuitException>(() => SendAsync(Task.FromResult(_answer))).DefaultTimeout();
        _time.Advance(Break);

        Assert.Same(_answer, await SendAsync(Task.FromResult(_answer)).DefaultTimeout());
        Assert.Equal(1, _closed.Value);
        Assert.False(watch.IsCompleted);
        using var first = new HttpResponseMessage();
        late.SetResult(first);
        Assert.Same(first, await watch.DefaultTimeout());
    }

    [Fact]
    public async Task TrialThatItsCallerLeaves_NeitherClosesTheCircuit_NorKeepsTheNextTrialWaiting()
    {
        await OpenAsync();
        using var leaving = new CancellationTokenSource();
        var caller = new DefaultHttpContext { RequestAborted = leaving.Token };
        var never = new TaskCompletionSource<HttpResponseMessage>();
        var trial = _breaker.SendAsync(caller, () => never.Task.WaitAsync(leaving.Token), leaving.Token);
        await leaving.CancelAsync().DefaultTimeout();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trial).DefaultTimeout();
        Assert.Equal((1L, 0L), (_opened.Value, _closed.Value));

        // Still gone: this one is the trial, and is no first failure of five.
        await FailAsync();
        await Assert.ThrowsAsync<BrokenCircuitException>(() => SendAsync(Task.FromResult(_answer))).DefaultTimeout();
        Assert.Equal((2L, 0L), (_opened.Value, _closed.Value));
    }

    [Fact]
    public async Task WithoutATrial_NoRequestIsLate()
    {
        var late = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watches = Enumerable.Range(0, 5).Select(_ => SendAsync(late.Task)).ToList();

        _time.Advance(TimeSpan.FromDays(1));
        late.SetResult(_answer);

        Assert.All(await Task.WhenAll(watches).DefaultTimeout(), answer => Assert.Same(_answer, answer));
        Assert.Equal(0, _opened.Value);
    }

    /// <summary>With its break over.</summary>
    private async Task OpenAsync()
    {
        for (var i = 0; i < 5; i++)
        {
            await FailAsync();
        }

        await Assert.ThrowsAsync<BrokenCircuitException>(() => SendAsync(Task.FromResult(_answer))).DefaultTimeout();
        _time.Advance(Break);
    }

    private async Task FailAsync()
    {
        var failed = Task.FromException<HttpResponseMessage>(new HttpRequestException(HttpRequestError.ConnectionError));
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(failed)).DefaultTimeout();
    }

    private Task<HttpResponseMessage> SendAsync(Task<HttpResponseMessage> answer) =>
        _breaker.SendAsync(null, () => answer, CancellationToken.None);
}
