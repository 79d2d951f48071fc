namespace ClusterProxy.Agent.Servers;

/// <summary>The certificate that a tunnel was opened with, as far as its end goes.</summary>
/// <param name="End">From then on the server has the agent's word only, and gives the tunnel no dials if it has another.</param>
/// <param name="RenewFrom">From then on a tunnel with a newer certificate is to take its place.</param>
internal readonly record struct TunnelCredential(DateTimeOffset End, DateTimeOffset RenewFrom);
