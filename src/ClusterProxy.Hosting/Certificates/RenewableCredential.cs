namespace ClusterProxy.Hosting.Certificates;

/// <summary>The certificate that something long-lived was opened with, as far as its end goes.</summary>
/// <param name="End">From then on the other end has this one's word only.</param>
/// <param name="RenewFrom">From then on something opened with a newer certificate is to take its place.</param>
public readonly record struct RenewableCredential(DateTimeOffset End, DateTimeOffset RenewFrom);
