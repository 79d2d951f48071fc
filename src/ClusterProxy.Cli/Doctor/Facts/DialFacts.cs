using ClusterProxy.Client;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>A dial through the server and an agent.</summary>
/// <param name="Target">What was dialled.</param>
/// <param name="Took">Until it was connected.</param>
/// <param name="Failure">Null when it was.</param>
internal sealed record DialFacts(TunnelTarget Target, TimeSpan Took, TunnelConnectException? Failure = null);
