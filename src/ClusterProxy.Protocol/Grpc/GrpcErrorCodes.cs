using System.Net;

namespace ClusterProxy.Protocol.Grpc;

/// <summary>Where a failure below gRPC gets its gRPC code: HTTP statuses, RST_STREAM and GOAWAY.</summary>
/// <remarks>Source: gRPC over HTTP/2, "HTTP2 Transport Mapping: Errors", and "HTTP to gRPC Status Code Mapping".</remarks>
internal static class GrpcErrorCodes
{
    public static GrpcStatusCode FromHttpStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => GrpcStatusCode.Internal,
        HttpStatusCode.Unauthorized => GrpcStatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => GrpcStatusCode.PermissionDenied,
        HttpStatusCode.NotFound => GrpcStatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or
            HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };

    /// <param name="errorCode">An HTTP/2 error code (RFC 9113, section 7).</param>
    public static GrpcStatusCode FromHttp2ErrorCode(long errorCode) => errorCode switch
    {
        0x7 => GrpcStatusCode.Unavailable,
        0x8 => GrpcStatusCode.Canceled,
        0xb => GrpcStatusCode.ResourceExhausted,
        0xc => GrpcStatusCode.PermissionDenied,
        _ => GrpcStatusCode.Internal,
    };

    /// <summary>The status of a call whose connection or stream broke.</summary>
    public static GrpcStatus FromException(Exception fault)
    {
        for (var e = fault; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case GrpcException grpc:
                    return grpc.Status;
                case HttpProtocolException http2:
                    return new(FromHttp2ErrorCode(http2.ErrorCode), http2.Message);
                case OperationCanceledException:
                    return new(GrpcStatusCode.Canceled, "the call was cancelled");
            }
        }

        return new(GrpcStatusCode.Unavailable, fault.Message);
    }
}
