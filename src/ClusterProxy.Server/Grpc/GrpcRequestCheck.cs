using ClusterProxy.Protocol.Grpc;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ClusterProxy.Server.Grpc;

/// <summary>What a request must be before it is a call. A refusal below gRPC is plain HTTP with a text; above, a gRPC status.</summary>
/// <remarks>Source: gRPC over HTTP/2, "Requests".</remarks>
internal static class GrpcRequestCheck
{
    private const string Identity = "identity";

    /// <summary>Answers a request that is no call and returns false.</summary>
    public static async ValueTask<bool> IsGrpcAsync(HttpContext http)
    {
        var (status, text) = http.Request switch
        {
            var r when !HttpProtocol.IsHttp2(r.Protocol) =>
                (StatusCodes.Status505HttpVersionNotsupported, "this port speaks gRPC, which needs HTTP/2"),
            var r when !HttpMethods.IsPost(r.Method) =>
                (StatusCodes.Status405MethodNotAllowed, "this port speaks gRPC: only POST is allowed"),
            var r when !GrpcHeaders.IsGrpcContentType(r.ContentType) =>
                (StatusCodes.Status415UnsupportedMediaType, $"this port speaks gRPC: the content type must be {GrpcHeaders.ContentType}"),
            _ => (0, ""),
        };
        if (status == 0)
        {
            return true;
        }

        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        if (status == StatusCodes.Status405MethodNotAllowed)
        {
            http.Response.Headers.Allow = HttpMethods.Post;
        }

        await http.Response.WriteAsync(text, http.RequestAborted);
        return false;
    }

    /// <summary>Reads <c>grpc-encoding</c> and <c>grpc-timeout</c>; a status when one of them cannot be served.</summary>
    public static GrpcStatus? Negotiate(HttpContext http, out TimeSpan? timeout)
    {
        timeout = null;
        var encoding = http.Request.Headers[GrpcHeaders.Encoding];
        if (!StringValues.IsNullOrEmpty(encoding) && encoding != Identity)
        {
            http.Response.Headers[GrpcHeaders.AcceptEncoding] = Identity;
            return new(GrpcStatusCode.Unimplemented, $"the encoding \"{encoding}\" is not supported; send messages with {Identity}");
        }

        var deadline = http.Request.Headers[GrpcHeaders.Timeout];
        if (StringValues.IsNullOrEmpty(deadline))
        {
            return null;
        }

        if (!GrpcTimeout.TryParse(deadline.ToString(), out var value))
        {
            return new(GrpcStatusCode.Internal, $"malformed grpc-timeout \"{deadline}\"");
        }

        timeout = value;
        return null;
    }
}
