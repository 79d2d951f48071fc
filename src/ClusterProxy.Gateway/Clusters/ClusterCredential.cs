using System.Text;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>
/// What the gateway proves itself with to one cluster. Readers of the API see type, expiry and fingerprint; the secret itself is for
/// <see cref="Forwarding"/> only and never part of the text.
/// </summary>
internal sealed class ClusterCredential
{
    // The source's own bytes. As text each token would be there twice more, and of a fleet's tokens few are in use.
    private readonly byte[] _token = [];
    private readonly KubeConfigUser? _secret;

    public ClusterCredential(CredentialType type, KubeConfigUser secret, DateTimeOffset? expiry, string fingerprint)
        : this(type, expiry, fingerprint) => _secret = secret;

    private ClusterCredential(CredentialType type, DateTimeOffset? expiry, string fingerprint) =>
        (Type, Expiry, Fingerprint) = (type, expiry, fingerprint);

    private ClusterCredential(byte[] token, DateTimeOffset? expiry, string fingerprint)
        : this(CredentialType.ServiceAccountToken, expiry, fingerprint) => _token = token;

    public static ClusterCredential None { get; } = new(CredentialType.None, KubeConfigUser.Anonymous, null, "");

    public CredentialType Type { get; }

    /// <summary>Null when the credential does not say, as tokens that never expire and plugins that were not run.</summary>
    public DateTimeOffset? Expiry { get; }

    /// <summary>The same for the same secret, and tells nothing about it; empty for none.</summary>
    public string Fingerprint { get; }

    internal KubeConfigUser Secret => _secret ?? new KubeConfigUser { Token = Encoding.UTF8.GetString(_token).Trim() };

    /// <param name="token">Text in UTF-8, with white space around it at most. Kept, not copied.</param>
    /// <param name="expiry">Null when it does not say.</param>
    /// <param name="fingerprint">Of the token.</param>
    public static ClusterCredential OfToken(byte[] token, DateTimeOffset? expiry, string fingerprint) => new(token, expiry, fingerprint);

    public override string ToString() => $"{Type} {Fingerprint}";
}
