using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Status;
using ClusterProxy.Kubernetes.Credentials;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// Sends requests on to clusters' API servers:
/// <code>
/// caller ─▶ (1) checks ─▶ (2) transport and credential ─▶ (3) YARP ─▶ ClusterMessageHandler ─▶ SocketsHttpHandler ─▶ ClusterDialer ─▶ cluster
///                                                          │ headers by ClusterTransformer      (circuit breaker)     (TCP or tunnel)
/// caller ◀─ (4) the cluster's answer, or a Status ◀────────┘
/// </code>
/// </summary>
internal sealed class ClusterForwarder(
    GatewayOptions options, ClusterTransports transports, IHttpForwarder forwarder, ViaHop via, LiveForwards live, GatewayMetrics metrics,
    TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan HintInterval = TimeSpan.FromMinutes(1);

    /// <summary>HTTP/2 where the cluster offers it. Upgrades exist in HTTP/1.1 only.</summary>
    private static readonly ForwarderRequestConfig LongRunning = new()
    {
        Version = System.Net.HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        ActivityTimeout = Timeout.InfiniteTimeSpan,
    };

    private static readonly ForwarderRequestConfig Upgrade = LongRunning with
    {
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly ForwarderRequestConfig _short = LongRunning with { ActivityTimeout = options.ClusterResponseTimeout };

    /// <summary>Forwards, and answers itself, with a Status, whatever fails.</summary>
    /// <param name="context">The caller's request, no TRACE; its identity headers are not passed on.</param>
    /// <param name="cluster">Where to.</param>
    /// <param name="identity">As whom.</param>
    /// <param name="targetPathAndQuery">Byte for byte as the caller wrote it, from the slash on; nothing stands for a slash.</param>
    public async Task ForwardAsync(HttpContext context, Cluster cluster, ForwardedIdentity identity, string targetPathAndQuery)
    {
        var kind = RequestKinds.Of(context, targetPathAndQuery);
        var started = time.GetTimestamp();
        live.Enter(kind);
        try
        {
            // :: Step 1
            if (Refusal(context, cluster, identity, targetPathAndQuery) is { } refusal)
            {
                await refusal.WriteAsync(context);
            }
            else if (await SendAsync(context, cluster, identity, targetPathAndQuery, kind) is { } failure)
            {
                await FailAsync(context, cluster, kind, failure);
            }
        }
        finally
        {
            live.Leave(kind);
            metrics.Forwarding.Ended(kind, context.Response.StatusCode, time.GetElapsedTime(started));
        }
    }

    private StatusAnswer? Refusal(HttpContext context, Cluster cluster, ForwardedIdentity identity, string target) =>
        TargetPath.Objection(target) is { } objection ? StatusAnswer.BadRequest(objection)
        : SentIdentityHeaders.Objection(identity) is { } what ? StatusAnswer.Forbidden(
            $"{what} of the caller holds characters that no header can carry, so nobody can act as this user in cluster \"{cluster}\"")
        : !cluster.IsGateway ? StatusAnswer.ServiceUnavailable(
            $"cluster \"{cluster}\" cannot be reached: there is no Secret with a credential for it in namespace {options.SecretNamespace}")
        : options.FeatureGates.RejectsUnhealthy && cluster.Health is { Healthy: false } health && !HealthProbe.Is(context.Request.Method, target)
            ? StatusAnswer.ServiceUnavailable(
            $"cluster \"{cluster}\" is marked unhealthy: {health.Reason}", TimeSpan.FromSeconds(10))
        : null;

    /// <returns>Null when the cluster's answer went to the caller, or the caller is gone.</returns>
    private async Task<(ForwardFailure Failure, Exception? Error)?> SendAsync(
        HttpContext context, Cluster cluster, ForwardedIdentity identity, string target, RequestKind kind)
    {
        if (via.HasForwarded(context))
        {
            return (ForwardFailure.Loop(cluster.Name, options.Group), null);
        }

        // :: Step 2
        ClusterTransport transport;
        Credential credential;
        try
        {
            transport = transports.Get(cluster);
            credential = await transport.CredentialAsync(context.RequestAborted);
        }
        catch (IOException e)
        {
            return (ForwardFailure.Of(e, cluster.Name, options.Group, null), e);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }

        var call = new ForwardCall(context, cluster, identity, kind, TargetPath.Join(transport.BaseUrl, target), credential)
        {
            Host = transport.HostHeader,
        };
        var connections = transport.Rent(credential.Identity);
        try
        {
            // :: Step 3
            var outcome = await forwarder.SendWithBodyAsync(
                context, "https://cluster", connections.Invoker, Config(kind), new ClusterTransformer(call, via, live.Ending), live.Cutting);
            Judge(call, transport);
            return Failure(call, transport, outcome);
        }
        finally
        {
            transport.Return(connections);
        }
    }

    private (ForwardFailure Failure, Exception? Error)? Failure(
        ForwardCall call, ClusterTransport transport, (ForwarderError Error, Exception? Cause, bool HasBodyFailed, bool IsBodyLate) outcome)
    {
        var context = call.Context;
        var (error, exception, hasBodyFailed, isBodyLate) = outcome;
        return error switch
        {
            _ when call.Withheld != 0 => (ForwardFailure.Withheld(call.Withheld, call.Cluster.Name), null),
            ForwarderError.None => null,
            _ when context.RequestAborted.IsCancellationRequested => null,
            _ when live.Cutting.IsCancellationRequested => (ForwardFailure.ShuttingDown(), null),
            _ when isBodyLate => (ForwardFailure.Body(StatusCodes.Status408RequestTimeout), exception),
            ForwarderError.RequestBodyClient when hasBodyFailed => (ForwardFailure.Body(context.Response.StatusCode), exception),
            _ => (ForwardFailure.Of(exception, call.Cluster.Name, options.Group, transport.LastTrustFailure), exception),
        };
    }

    // :: Step 4
    private async Task FailAsync(HttpContext context, Cluster cluster, RequestKind kind, (ForwardFailure Failure, Exception? Error) outcome)
    {
        var (failure, error) = outcome;
        metrics.Forwarding.Failed(failure.Tag);
        logger.ForwardFailed(logger.IsEnabled(LogLevel.Debug) ? error : null, kind.ToTag(), cluster.Name, failure.Tag, failure.Answer.Message);

        // YARP has cut what it had begun to send.
        if (!context.Response.HasStarted)
        {
            await failure.Answer.WriteAsync(context);
        }
    }

    private ForwarderRequestConfig Config(RequestKind kind) => kind switch
    {
        RequestKind.Short => _short,
        RequestKind.Watch or RequestKind.LongRunning => LongRunning,
        _ => Upgrade,
    };

    /// <summary>The 401 goes to the caller, who can do nothing about it.</summary>
    private void Judge(ForwardCall call, ClusterTransport transport)
    {
        if (call.TargetStatus != StatusCodes.Status401Unauthorized)
        {
            return;
        }

        transport.Reject(call.Credential);
        if (transport.MayHint(time, HintInterval))
        {
            logger.CredentialRefused(call.Cluster.Name, call.Cluster.Credential.Type.ToString(), HintInterval);
        }
    }
}
