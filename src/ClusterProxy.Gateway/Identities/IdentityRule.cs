using ClusterProxy.Gateway.Forwarding;

namespace ClusterProxy.Gateway.Identities;

/// <summary>One rule, checked.</summary>
/// <param name="Name">For people.</param>
/// <param name="Source">Whom it is for.</param>
/// <param name="Target">As whom they go on.</param>
internal sealed record IdentityRule(string Name, IdentitySource Source, ForwardedIdentity Target);
