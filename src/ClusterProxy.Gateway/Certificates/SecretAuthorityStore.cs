using System.Globalization;
using System.Text;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>A Secret with <c>ca.crt</c> and <c>ca.key</c>, watched; during a roll-over also <c>next.key</c>.</summary>
internal sealed class SecretAuthorityStore : IAuthorityStore
{
    private const string RetireAfter = "clusterproxy.io/retire-former-authority-after";

    private readonly ResourceName _name;
    private readonly ResourceClient<Secret> _secrets;
    private readonly Informer<Secret> _informer;
    private Secret? _read;

    public SecretAuthorityStore(KubernetesClient client, ResourceName name)
    {
        _name = name;
        _secrets = client.Resource(KnownResources.Secrets);
        _informer = client.CreateInformer(KnownResources.Secrets, new InformerOptions<Secret>
        {
            Objects = new ListOptions { Namespace = name.Namespace, Fields = FieldSelector.ForName(name.Name) },
        });
        _informer.Start();
    }

    public async Task<AuthorityState?> ReadAsync(CancellationToken cancellationToken)
    {
        // What the watch does not show is asked for directly: before the first list, so that a failure is known by its own words, and after
        // it, since only so the Secret that somebody deleted differs from the one just written that the watch has not brought yet.
        _read = _informer.Snapshot.Find(_name) is { } seen ? Newer(seen, _read) : await _secrets.FindAsync(_name, cancellationToken);
        return _read is null ? null : Decode(_read);
    }

    public async Task<bool> TryWriteAsync(AuthorityState state, CancellationToken cancellationToken)
    {
        var secret = (_read ?? new Secret { Type = "Opaque", Metadata = new ObjectMetadata { Name = _name.Name, Namespace = _name.Namespace } }) with
        {
            Data = Encode(state),
        };
        var annotations = new Dictionary<string, string>(secret.Metadata?.Annotations ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        annotations.Remove(RetireAfter);
        if (state.RetireAfter is { } end)
        {
            annotations[RetireAfter] = end.ToString("O", CultureInfo.InvariantCulture);
        }

        secret = secret with { Metadata = secret.Metadata! with { Annotations = annotations } };
        try
        {
            _read = _read is null
                ? await _secrets.CreateAsync(secret, cancellationToken)
                : await _secrets.UpdateAsync(secret, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is ApiAlreadyExistsException or ApiConflictException or ApiNotFoundException)
        {
            _read = await _secrets.FindAsync(_name, cancellationToken);
            return false;
        }
    }

    public ValueTask DisposeAsync() => _informer.DisposeAsync();

    /// <summary>The watch may lag behind what was just written.</summary>
    private static Secret Newer(Secret seen, Secret? known) => known is null || seen.Metadata?.Uid != known.Metadata?.Uid
        ? seen
        : ulong.TryParse(seen.Metadata?.ResourceVersion, out var s) && ulong.TryParse(known.Metadata?.ResourceVersion, out var k) && s < k
            ? known
            : seen;

    private AuthorityState Decode(Secret secret) => secret.Text("ca.crt") is { Length: > 0 } bundle && secret.Text("ca.key") is { Length: > 0 } key
        ? new AuthorityState(bundle, key, secret.Text("next.key") is { Length: > 0 } next ? next : null, Retirement(secret))
        : throw new InvalidAuthorityException($"the Secret {_name} has no ca.crt and ca.key; delete it, or name another one");

    private static DateTimeOffset? Retirement(Secret secret) =>
        secret.Metadata?.Annotations?.TryGetValue(RetireAfter, out var text) == true
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var end)
            ? end
            : null;

    private static Dictionary<string, byte[]> Encode(AuthorityState state)
    {
        var data = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["ca.crt"] = Encoding.UTF8.GetBytes(state.Bundle),
            ["ca.key"] = Encoding.UTF8.GetBytes(state.Key),
        };
        if (state.NextKey is { } next)
        {
            data["next.key"] = Encoding.UTF8.GetBytes(next);
        }

        return data;
    }
}
