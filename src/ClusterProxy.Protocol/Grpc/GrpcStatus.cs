namespace ClusterProxy.Protocol.Grpc;

/// <summary>How a call ended: a code and a text for people.</summary>
/// <param name="Code">The status code.</param>
/// <param name="Message">Plain text, not percent-encoded; empty when there is nothing to say.</param>
public readonly record struct GrpcStatus(GrpcStatusCode Code, string Message)
{
    /// <summary>The call ended as it should.</summary>
    public static GrpcStatus OK { get; } = new(GrpcStatusCode.OK, "");

    /// <inheritdoc />
    public override string ToString() => Message.Length == 0 ? Code.ToString() : $"{Code}: {Message}";
}
