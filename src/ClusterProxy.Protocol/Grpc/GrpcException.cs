namespace ClusterProxy.Protocol.Grpc;

/// <summary>A call that failed, with the status that says why.</summary>
/// <param name="status">What the peer sent, or what this side sends because of the failure.</param>
/// <param name="inner">The fault beneath, if there is one.</param>
public sealed class GrpcException(GrpcStatus status, Exception? inner = null) : Exception(status.ToString(), inner)
{
    /// <summary>Creates the exception from a code and a text.</summary>
    /// <param name="code">The status code.</param>
    /// <param name="message">Plain text.</param>
    /// <param name="inner">The fault beneath, if there is one.</param>
    public GrpcException(GrpcStatusCode code, string message, Exception? inner = null)
        : this(new GrpcStatus(code, message), inner)
    {
    }

    /// <summary>The status.</summary>
    public GrpcStatus Status { get; } = status;
}
