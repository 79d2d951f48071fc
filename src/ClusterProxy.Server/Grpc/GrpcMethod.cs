using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Server.Grpc;

/// <summary>Everything a gRPC port serves: one method; the rest gets the answer that gRPC has for it.</summary>
/// <param name="path">Such as <c>/ProxyService/Proxy</c>.</param>
/// <param name="serve">Runs the call and returns the status that ends it.</param>
/// <param name="refused">Hears of what is no call of the method.</param>
/// <param name="time">Clock of deadlines.</param>
/// <param name="logger">For faults of this process only.</param>
internal sealed class GrpcMethod(
    string path, Func<GrpcServerCall, Task<GrpcStatus>> serve, RefusedRequests refused, TimeProvider time, ILogger logger)
{
    public async Task HandleAsync(HttpContext http)
    {
        if (!await GrpcRequestCheck.IsGrpcAsync(http))
        {
            refused.Call(PeerOf(http), $"{http.Response.StatusCode}", "it is no gRPC");
            return;
        }

        var refusal = GrpcRequestCheck.Negotiate(http, out var timeout);
        if (refusal is null && http.Request.Path != path)
        {
            refusal = new(GrpcStatusCode.Unimplemented, $"unknown method {http.Request.Path}; this port serves {path}");
        }

        if (refusal is { } status)
        {
            GrpcServerCall.WriteTrailersOnly(http.Response, status);
            refused.Call(PeerOf(http), status.Code.ToString(), PeerText.Bound(status.Message));
            return;
        }

        using var call = new GrpcServerCall(http, timeout, time);
        call.End(await ServeAsync(call));
    }

    private async Task<GrpcStatus> ServeAsync(GrpcServerCall call)
    {
        try
        {
            return await serve(call);
        }
        catch (GrpcException e)
        {
            return e.Status;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException || call.Ended.IsCancellationRequested)
        {
            var status = EndOf(call);
            if (!call.HasStarted)
            {
                // Once it is somebody in a hurry; over and over it is an attack that nobody else would notice.
                refused.Call(call.Peer, status.Code.ToString(), "it ended before it had begun");
            }

            return status;
        }
        catch (Exception e)
        {
            logger.CallFailed(e, path, call.Peer);
            return new(GrpcStatusCode.Internal, "internal error");
        }
    }

    private static string PeerOf(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? $"{address}:{http.Connection.RemotePort}" : "unix";

    /// <summary>The status of a call that its client, or the client's deadline, ended.</summary>
    public static GrpcStatus EndOf(GrpcServerCall call) => call.DeadlinePassed
        ? new(GrpcStatusCode.DeadlineExceeded, "the call's deadline passed")
        : new(GrpcStatusCode.Canceled, "the client ended the call");
}
