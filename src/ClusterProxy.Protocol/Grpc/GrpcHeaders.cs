namespace ClusterProxy.Protocol.Grpc;

/// <summary>Header and trailer names of gRPC over HTTP/2, in wire spelling.</summary>
internal static class GrpcHeaders
{
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Trailers = "trailers";
    public const string ContentType = "application/grpc";

    /// <summary>
    /// application/grpc, alone or followed by <c>+codec</c> or parameters. The messages here are protobuf,
    /// so another codec is refused.
    /// </summary>
    public static bool IsGrpcContentType(string? value)
    {
        if (value is null || !value.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var rest = value.AsSpan(ContentType.Length);
        var parameters = rest.IndexOf(';');
        rest = (parameters < 0 ? rest : rest[..parameters]).TrimEnd();
        return rest.IsEmpty || rest.Equals("+proto", StringComparison.OrdinalIgnoreCase);
    }
}
