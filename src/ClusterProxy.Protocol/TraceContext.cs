namespace ClusterProxy.Protocol;

/// <summary>W3C trace context, as a dial carries it from one peer to the next.</summary>
/// <param name="Parent"><c>traceparent</c>; null or empty without a trace.</param>
/// <param name="State"><c>tracestate</c>; null or empty without one.</param>
internal readonly record struct TraceContext(string? Parent, string? State);
