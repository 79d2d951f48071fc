using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>
/// Tries again what no answer came to, what was answered with 429, 502, 503 or 504, and any other 5xx that carries a Retry-After. The
/// server's Retry-After goes before the exponential delay.
/// </summary>
internal static class ApiRetry
{
    public static ResiliencePipeline Create(RetryOptions options, TimeProvider time, ILogger logger) => options.MaxRetries == 0
        ? ResiliencePipeline.Empty
        : new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                Delay = options.BaseDelay,
                MaxDelay = options.MaxDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthIt(arguments.Outcome.Exception, options)),
                DelayGenerator = static arguments => ValueTask.FromResult((arguments.Outcome.Exception as ApiException)?.RetryAfter),
                OnRetry = arguments =>
                {
                    KubernetesLog.RequestRetried(
                        logger, arguments.RetryDelay, arguments.AttemptNumber + 1, arguments.Outcome.Exception?.Message ?? "");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    private static bool IsWorthIt(Exception? failure, RetryOptions options) => failure switch
    {
        ApiConnectionException => true,
        ApiException { RetryAfter: { } wait } when wait > options.LongestRetryAfter => false,
        ApiException
        {
            StatusCode: HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
        } => true,
        ApiException { StatusCode: >= HttpStatusCode.InternalServerError, RetryAfter: not null } => true,
        _ => false,
    };
}
