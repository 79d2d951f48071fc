namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>What a server said to a request that asks for nothing.</summary>
/// <param name="Status">HTTP's.</param>
/// <param name="IsGrpc">Whether it is an answer of gRPC.</param>
/// <param name="GrpcStatus">Null outside gRPC.</param>
/// <param name="Text">Of the status, or the start of the body.</param>
/// <param name="Features">The header that only our servers send; null without it.</param>
/// <param name="Clock">What its clock said; null when it did not say.</param>
internal sealed record PortAnswer(int Status, bool IsGrpc, int? GrpcStatus, string Text, string? Features, ClockReading? Clock)
{
    private const int Unimplemented = 12;

    /// <summary>Whether it knows no <c>/ProxyService/Proxy</c>, as an agent port.</summary>
    public bool IsUnimplemented => GrpcStatus == Unimplemented;
}
