using ClusterProxy.Gateway.Forwarding;

namespace ClusterProxy.Gateway.Identities;

/// <summary>As whom a request goes on.</summary>
/// <param name="Identity">Null when it does not.</param>
/// <param name="Reason">Why not, or by which rule.</param>
internal readonly record struct IdentityDecision(ForwardedIdentity? Identity, string Reason)
{
    public static IdentityDecision Refused(string reason) => new(null, reason);
}
