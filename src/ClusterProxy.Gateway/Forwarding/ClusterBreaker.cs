using Microsoft.AspNetCore.Http;
using Polly;
using Polly.CircuitBreaker;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The circuit breaker of one cluster: who asks for a cluster that is gone hears so at once, and its connections are left in peace.</summary>
internal static class ClusterBreaker
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

    public static ResiliencePropertyKey<HttpContext?> Caller { get; } = new("caller");

    public static ResiliencePipeline Create(TimeProvider time, Action opened, Action closed) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                MinimumThroughput = LeastFailures,
                FailureRatio = FailureRatio,
                SamplingDuration = Window,
                BreakDuration = Break,
                ShouldHandle = static arguments => ValueTask.FromResult(IsFailure(arguments.Outcome.Exception, arguments.Context)),
                OnOpened = _ =>
                {
                    opened();
                    return ValueTask.CompletedTask;
                },
                OnClosed = _ =>
                {
                    closed();
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    /// <summary>The cluster could not be reached or did not answer; whatever it did answer is none.</summary>
    private static bool IsFailure(Exception? e, ResilienceContext context) => e switch
    {
        null => false,
        OperationCanceledException => !IsCallersDoing(context.Properties.GetValue(Caller, null)),
        HttpRequestException { HttpRequestError: var error } => error is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        _ => false,
    };

    /// <summary>Who leaves, or sends half a body, must not take the cluster away from everybody else.</summary>
    private static bool IsCallersDoing(HttpContext? caller) =>
        caller is not null && (caller.RequestAborted.IsCancellationRequested || caller.Request.Body is CallerBody { IsAwaited: true });
}
