using System.Net.Sockets;
using System.Security.Authentication;
using ClusterProxy.Client;
using ClusterProxy.Gateway.Status;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Requests;
using Microsoft.AspNetCore.Http;
using Polly.CircuitBreaker;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>Why a request did not get an answer of its cluster, for caller, log and metric alike: the one place that words it.</summary>
/// <param name="Tag">For log and metric; of a closed set.</param>
/// <param name="Answer">For the caller.</param>
internal sealed record ForwardFailure(string Tag, StatusAnswer Answer)
{
    /// <summary>A cluster that cannot be reached may be back when the circuit is tried again.</summary>
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(5);

    /// <param name="e">What was thrown on the way.</param>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="group">The API group.</param>
    /// <param name="trust">What was wrong with the cluster's certificate, if that is known.</param>
    public static ForwardFailure Of(Exception? e, string cluster, string group, string? trust)
    {
        var causes = Chain(e).ToList();
        return First<BrokenCircuitException>() is { } broken ? Unreachable(
                "circuit_open", "several attempts to reach it have failed just now", broken.RetryAfter is { } wait && wait > TimeSpan.Zero ? wait : TryAgain)
            : First<TunnelConnectException>() is { } dial ? Unreachable("tunnel_" + Word(dial.Reason), dial.Message)
            : First<RefusedAddressException>() is { } refused ? Unreachable("address", refused.Message)
            : First<NoTunnelException>() is { } none ? Unreachable("no_tunnel", none.Message)
            : First<KubeConfigException>() is { } credential ? Unreachable("credential", credential.Message)
            : First<AuthenticationException>() is not null ? Bad("tls", trust ?? "the TLS handshake with it failed")
            : First<TimeoutException>() is not null ? Unreachable("connect_timeout", "connecting to it took too long")

            // A read that was cancelled ends with a socket's error, too.
            : e is OperationCanceledException ? Late()
            : causes.FirstOrDefault(BrokenConnection.IsCauseOf) is { } broke
                ? Unreachable("broken", $"its connection broke before it answered: {broke.InnerException?.Message ?? broke.Message}")
            : First<SocketException>() is { } socket ? Unreachable("connect", socket.Message)
            : e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError } http
                ? Unreachable("connect", http.Message)
            : Bad("protocol", "its answer is no HTTP, or broke off");

        T? First<T>()
            where T : Exception => causes.OfType<T>().FirstOrDefault();

        ForwardFailure Unreachable(string tag, string why, TimeSpan? wait = null) => new(
            tag, StatusAnswer.ServiceUnavailable($"cluster \"{cluster}\" cannot be reached: {why}", wait ?? TryAgain) with { Details = Details(cluster, group, tag, why) });

        ForwardFailure Bad(string tag, string why) => new(
            tag, StatusAnswer.BadGateway($"cluster \"{cluster}\" gave no answer that can be passed on: {why}") with { Details = Details(cluster, group, tag, why) });

        ForwardFailure Late() => new(
            "timeout",
            StatusAnswer.GatewayTimeout($"cluster \"{cluster}\" did not answer in time") with { Details = Details(cluster, group, "timeout", "no answer") });
    }

    /// <summary>The request has been forwarded by this process before.</summary>
    public static ForwardFailure Loop(string cluster, string group)
    {
        const string why = "its address leads back to this gateway, which has forwarded this request before";
        return new("loop", StatusAnswer.LoopDetected($"cluster \"{cluster}\" cannot be reached: {why}") with { Details = Details(cluster, group, "loop", why) });
    }

    /// <summary>The cluster sent a status that is not passed on.</summary>
    public static ForwardFailure Withheld(int status, string cluster) => new(
        status < 300 ? "unasked_upgrade" : "redirect",
        StatusAnswer.BadGateway(status < 300
            ? $"cluster \"{cluster}\" changed the protocol without being asked to"
            : $"cluster \"{cluster}\" answered with the redirect {status}, which is not followed and not passed on"));

    /// <summary>The caller's body broke off or took too long.</summary>
    public static ForwardFailure Body(int status) => new(
        "request_body",
        status == StatusCodes.Status408RequestTimeout
            ? new StatusAnswer(status, StatusReason.Timeout, "the request's body took too long")
            : new StatusAnswer(status, StatusReason.BadRequest, "the request's body could not be read"));

    public static ForwardFailure ShuttingDown() =>
        new("shutdown", StatusAnswer.ServiceUnavailable("the gateway is shutting down", TimeSpan.FromSeconds(1)));

    private static ApiStatusDetails Details(string cluster, string group, string reason, string why) => new()
    {
        Name = cluster,
        Group = group,
        Kind = "clustergateways",
        Causes = [new ApiStatusCause { Reason = reason, Message = why }],
    };

    private static IEnumerable<Exception> Chain(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            yield return e;
            if (e is AggregateException { InnerExceptions: [_, var second, ..] })
            {
                foreach (var more in Chain(second))
                {
                    yield return more;
                }
            }
        }
    }

    private static string Word(DialFailureReason reason) => reason switch
    {
        DialFailureReason.Endpoint => "endpoint",
        DialFailureReason.Timeout => "timeout",
        DialFailureReason.Context => "cancelled",
        DialFailureReason.DialClosed => "dial_closed",
        DialFailureReason.TunnelClosed => "closed",
        DialFailureReason.StreamSetup => "server",
        _ => "unknown",
    };
}
