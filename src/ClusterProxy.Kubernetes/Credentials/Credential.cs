namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>What one request proves itself with. Not a record: its text must not show the token.</summary>
/// <param name="authorization">The Authorization header; null for none.</param>
/// <param name="identity">The client certificate; null for none.</param>
public sealed class Credential(string? authorization, ClientIdentity? identity)
{
    public string? Authorization { get; } = authorization;

    public ClientIdentity? Identity { get; } = identity;

    internal bool IsSameAs(Credential other) => Authorization == other.Authorization && ReferenceEquals(Identity, other.Identity);
}
