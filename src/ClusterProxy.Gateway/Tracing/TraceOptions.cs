namespace ClusterProxy.Gateway.Tracing;

/// <summary>Whether and where traces go.</summary>
/// <param name="Endpoint">An OTLP collector's gRPC endpoint; null for no traces.</param>
/// <param name="Ratio">Of the requests whose caller says nothing of a trace; a caller's own decision is followed.</param>
internal sealed record TraceOptions(Uri? Endpoint, double Ratio)
{
    public static TraceOptions Of(GatewayOptions options) => new(
        options.OtlpEndpoint.Length > 0 ? new Uri(options.OtlpEndpoint) : null, options.TraceSamplingRatePerMillion / 1e6);
}
