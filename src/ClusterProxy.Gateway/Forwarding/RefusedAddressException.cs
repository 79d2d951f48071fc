namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The name of a cluster, or of the proxy before it, leads nowhere but to addresses that are not dialled.</summary>
/// <param name="host">As it was looked up.</param>
/// <param name="objection">To the last address found.</param>
internal sealed class RefusedAddressException(string host, string objection) : IOException($"{host}: {objection}");
