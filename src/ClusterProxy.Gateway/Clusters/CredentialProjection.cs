using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClusterProxy.Hosting.Tokens;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>How the gateway proves itself to a cluster, by the cluster's Secret.</summary>
internal sealed class CredentialProjection(GatewayOptions options)
{
    private readonly ClusterKeys _keys = new(options.Group);

    /// <exception cref="FormatException">It cannot be used; the text shows nothing of the secret.</exception>
    /// <exception cref="KubeConfigException">The exec plugin cannot be used.</exception>
    public ClusterCredential Project(Secret secret, ClusterOrigin origin) => secret.Metadata?.Labels?.GetValueOrDefault(_keys.CredentialType) switch
    {
        nameof(CredentialType.ServiceAccountToken) => Token(secret, origin),

        // The shorter one stands in upstream's documentation.
        nameof(CredentialType.X509Certificate) or "X509" => Certificate(secret),
        nameof(CredentialType.Dynamic) => Plugin(secret),
        var other => throw new FormatException(
            $"label {_keys.CredentialType} is \"{other}\"; write {nameof(CredentialType.ServiceAccountToken)}, "
            + $"{nameof(CredentialType.X509Certificate)} or {nameof(CredentialType.Dynamic)}"),
    };

    private static ClusterCredential Token(Secret secret, ClusterOrigin origin)
    {
        // A path from the API would hand out whatever file of this process' machine it names.
        if (origin == ClusterOrigin.File && secret.Text(ClusterKeys.TokenFile)?.Trim() is { Length: > 0 } path)
        {
            return new ClusterCredential(
                CredentialType.ServiceAccountToken, new KubeConfigUser { TokenFile = path }, null, Fingerprint(Encoding.UTF8.GetBytes("file:" + path)));
        }

        var token = secret.Text(ClusterKeys.Token)?.Trim() ?? "";
        return token.Length == 0
            ? throw new FormatException($"data key {ClusterKeys.Token} is missing or empty; put the service account's token there")
            : token.Any(static c => c is <= ' ' or >= '\x7f')
                ? throw new FormatException($"data key {ClusterKeys.Token} holds characters that no token has; was it encoded twice?")
                : ClusterCredential.OfToken(
                    Bytes(secret, ClusterKeys.Token), TokenLife.Of(token)?.End, Fingerprint(Encoding.UTF8.GetBytes(token)));
    }

    private static ClusterCredential Certificate(Secret secret)
    {
        var certificate = Bytes(secret, ClusterKeys.Certificate);
        var key = Bytes(secret, ClusterKeys.Key);
        try
        {
            using var pair = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
            return new ClusterCredential(
                CredentialType.X509Certificate,
                new KubeConfigUser { ClientCertificate = PemSource.FromBytes(certificate), ClientKey = PemSource.FromBytes(key) },
                new DateTimeOffset(pair.NotAfter),
                Fingerprint(certificate));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException($"data keys {ClusterKeys.Certificate} and {ClusterKeys.Key} make no pair; put a PEM certificate and its key there", e);
        }
    }

    private ClusterCredential Plugin(Secret secret)
    {
        var text = Bytes(secret, ClusterKeys.Exec);
        var plugin = ExecPlugin.Parse(Encoding.UTF8.GetString(text), $"data key {ClusterKeys.Exec}");
        return options.ExecPlugins.Contains("*") || options.ExecPlugins.Contains(plugin.Command)
            ? new ClusterCredential(CredentialType.Dynamic, new KubeConfigUser { Exec = plugin }, null, Fingerprint(text))
            : throw new FormatException($"data key {ClusterKeys.Exec} names the command \"{plugin.Command}\", which --exec-plugins does not allow");
    }

    private static byte[] Bytes(Secret secret, string key) => secret.Data?.GetValueOrDefault(key) is { Length: > 0 } value
        ? value
        : throw new FormatException($"data key {key} is missing or empty");

    /// <summary>Half of a hash: enough to see a change, nothing to find the secret by.</summary>
    private static string Fingerprint(byte[] secret) => Convert.ToHexStringLower(SHA256.HashData(secret).AsSpan(0, 16));
}
