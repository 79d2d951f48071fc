using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>
/// What the gateway proves itself with to one cluster. Readers of the API see type, expiry and fingerprint; the secret itself is for
/// <see cref="Forwarding"/> only and never part of the text.
/// </summary>
internal sealed class ClusterCredential(CredentialType type, KubeConfigUser secret, DateTimeOffset? expiry, string fingerprint)
{
    public static ClusterCredential None { get; } = new(CredentialType.None, KubeConfigUser.Anonymous, null, "");

    public CredentialType Type { get; } = type;

    /// <summary>Null when the credential does not say, as tokens that never expire and plugins that were not run.</summary>
    public DateTimeOffset? Expiry { get; } = expiry;

    /// <summary>The same for the same secret, and tells nothing about it; empty for none.</summary>
    public string Fingerprint { get; } = fingerprint;

    internal KubeConfigUser Secret { get; } = secret;

    public override string ToString() => $"{Type} {Fingerprint}";
}
