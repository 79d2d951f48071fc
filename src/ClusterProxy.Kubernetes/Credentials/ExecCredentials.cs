using System.Text.Json;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>
/// Credentials of an exec plugin. One run serves everyone who waits; its result is kept until a minute before it expires, or until
/// the server rejects it. One without expiry is kept until rejected, as kubectl does within its one run.
/// </summary>
internal sealed class ExecCredentials(ExecPlugin plugin, ExecPluginRun run, TimeProvider time) : ICredentialSource
{
    /// <summary>The server's clock may be ahead, and a request takes its time.</summary>
    private static readonly TimeSpan EarlyRenewal = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _running = new(1);
    private volatile Entry? _entry;

    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        if (Fresh() is { } known)
        {
            return known;
        }

        await _running.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Fresh() ?? await RenewAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _running.Release();
        }
    }

    public void Reject(Credential credential)
    {
        if (_entry is { } entry && ReferenceEquals(entry.Credential, credential))
        {
            _entry = null;
        }
    }

    private Credential? Fresh() =>
        _entry is { } entry && (entry.RenewAt is null || time.GetUtcNow() < entry.RenewAt) ? entry.Credential : null;

    private async Task<Credential> RenewAsync(CancellationToken cancellationToken)
    {
        var status = Parse(await run.OutputAsync(cancellationToken).ConfigureAwait(false));
        var now = time.GetUtcNow();
        var credential = new Credential(
            status.Token is { Length: > 0 } token ? $"Bearer {token}" : null,
            status.ClientCertificateData is { } certificate && status.ClientKeyData is { } key
                ? ClientIdentity.Parse(certificate, key, $"exec plugin {plugin.Command}")
                : null);

        // One that lives for less than the early renewal is used for half of what is left.
        var renewAt = status.ExpirationTimestamp is { } expiry
            ? expiry - TimeSpan.FromTicks(Math.Min(EarlyRenewal.Ticks, Math.Max(0, (expiry - now).Ticks / 2)))
            : (DateTimeOffset?)null;
        _entry = new Entry(credential, renewAt);
        return credential;
    }

    private ExecCredentialStatus Parse(byte[] output)
    {
        ExecCredential? credential;
        try
        {
            credential = JsonSerializer.Deserialize(output, KubernetesJson.Default.ExecCredential);
        }
        catch (JsonException e)
        {
            // Not the text itself: it may hold half a token.
            throw Failed($"printed no ExecCredential ({output.Length} bytes that are no such JSON)", e);
        }

        return credential switch
        {
            null or not { Kind: "ExecCredential" } => throw Failed("printed no ExecCredential"),
            _ when credential.ApiVersion != plugin.ApiVersion =>
                throw Failed($"answered in {credential.ApiVersion}, but the kubeconfig says {plugin.ApiVersion}; make the two equal"),
            { Status: null } => throw Failed("printed an ExecCredential without status"),
            { Status: { ClientCertificateData: null } or { ClientKeyData: null } } when
                credential.Status is { ClientCertificateData: not null } or { ClientKeyData: not null } =>
                throw Failed("gave only one of clientCertificateData and clientKeyData"),
            { Status: { Token: null or "", ClientCertificateData: null } } => throw Failed("gave neither token nor certificate"),
            { Status: { } status } => status,
        };
    }

    private KubeConfigException Failed(string what, Exception? inner = null) => new($"exec plugin {plugin.Command} {what}", inner);

    private sealed record Entry(Credential Credential, DateTimeOffset? RenewAt);
}
