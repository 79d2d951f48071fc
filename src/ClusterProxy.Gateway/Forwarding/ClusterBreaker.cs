using Microsoft.AspNetCore.Http;
using Polly;
using Polly.CircuitBreaker;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The circuit breaker of one cluster: who asks for a cluster that is gone hears so at once, and its connections are left in peace.</summary>
internal sealed class ClusterBreaker
{
    /// <summary>
    /// Failures are waits of a connect timeout each; after five of them within half a minute nobody should wait any more. One success in
    /// two keeps the circuit closed: a cluster with one bad replica works.
    /// </summary>
    private const int LeastFailures = 5;
    private const double FailureRatio = 0.5;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>A cluster that comes back is used again within it; one trial in it costs nobody anything.</summary>
    private static readonly TimeSpan Break = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Everybody else is refused while a trial runs, and a watch or a long poll may be silent for hours: by now the trial has failed. The
    /// request itself goes on.
    /// </summary>
    private static readonly TimeSpan TrialLimit = TimeSpan.FromSeconds(10);

    private static readonly ResiliencePropertyKey<HttpContext?> Caller = new("caller");
    private static readonly ResiliencePropertyKey<bool> SaysNothing = new("says-nothing");

    private readonly TimeProvider _time;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline _pipeline;

    /// <param name="time">Breaks and trials are measured by it.</param>
    /// <param name="opened">The cluster is taken for unreachable.</param>
    /// <param name="closed">It has answered again.</param>
    public ClusterBreaker(TimeProvider time, Action opened, Action closed)
    {
        _time = time;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                MinimumThroughput = LeastFailures,
                FailureRatio = FailureRatio,
                SamplingDuration = Window,
                BreakDuration = Break,
                BreakDurationGenerator = static arguments => ValueTask.FromResult(
                    arguments.Context.Properties.GetValue(SaysNothing, false) ? TimeSpan.Zero : Break),
                StateProvider = _state,
                ShouldHandle = arguments => ValueTask.FromResult(IsFailure(arguments.Outcome.Exception, arguments.Context)),
                OnOpened = arguments =>
                {
                    // Without a break it has been open all the time.
                    if (arguments.BreakDuration > TimeSpan.Zero)
                    {
                        opened();
                    }

                    return ValueTask.CompletedTask;
                },
                OnClosed = _ =>
                {
                    closed();
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    private bool IsTried => _state.CircuitState == CircuitState.HalfOpen;

    /// <summary>Sends a request if the circuit allows it, and judges by what comes of it up to the answer's headers.</summary>
    /// <param name="caller">Whose request it is; null for nobody's.</param>
    /// <param name="send">Sends it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BrokenCircuitException">The circuit is open, or its trial runs.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpContext? caller, Func<Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        Task<HttpResponseMessage>? sending = null;
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(Caller, caller);
            return await _pipeline.ExecuteAsync(
                async _ =>
                {
                    // Nothing but the trial comes this far while the circuit is half open.
                    var limit = IsTried ? TrialLimit : Timeout.InfiniteTimeSpan;
                    sending = send();
                    return await sending.WaitAsync(limit, _time, CancellationToken.None);
                },
                context);
        }
        catch (TimeoutException) when (sending is not null)
        {
            return await sending;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>The cluster could not be reached or did not answer; whatever it did answer is none.</summary>
    private bool IsFailure(Exception? e, ResilienceContext context) => e switch
    {
        null => false,
        OperationCanceledException or TimeoutException => !IsCallersDoing(context.Properties.GetValue(Caller, null)) || EndsTrial(context),
        HttpRequestException { HttpRequestError: var error } => error is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        _ => false,
    };

    /// <summary>
    /// A trial that ends by its caller says nothing. Were it no failure, the circuit of a cluster that is still gone would close; were it one
    /// as others are, callers who leave could keep it open. So the circuit stays open and the next request is the trial.
    /// </summary>
    private bool EndsTrial(ResilienceContext context)
    {
        var isTrial = IsTried;
        context.Properties.Set(SaysNothing, isTrial);
        return isTrial;
    }

    /// <summary>Who leaves, or sends half a body, must not take the cluster away from everybody else.</summary>
    private static bool IsCallersDoing(HttpContext? caller) =>
        caller is not null && (caller.RequestAborted.IsCancellationRequested || caller.Request.Body is CallerBody { IsAwaited: true });
}
