using System.Text.Json;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>The labelled Secrets of the hub and, if asked for, its ManagedClusters. A change of either describes the cluster anew.</summary>
internal sealed class HubClusters : IClusterSource
{
    private readonly ClusterProjection _projection;
    private readonly Informer<Secret> _secrets;
    private readonly Informer<ManagedCluster>? _managed;
    private readonly string _namespace;
    private readonly Lock _gate = new();
    private ClusterCatalog _catalog = null!;

    public HubClusters(KubernetesClient hub, ClusterProjection projection, GatewayOptions options)
    {
        _projection = projection;
        var (ofSecrets, ofManaged) = (new SharedTexts(), new SharedTexts());
        _namespace = options.SecretNamespace;
        _secrets = hub.CreateInformer(
            KnownResources.Secrets,
            new InformerOptions<Secret>
            {
                Objects = ListOptions.Everything with
                {
                    Namespace = options.SecretNamespace,
                    Labels = LabelSelector.Parse(projection.Keys.CredentialType),
                },
                Trim = secret => secret with { Metadata = Trim(secret.Metadata, ofSecrets), MoreFields = null },
            });
        _managed = options.OcmIntegration
            ? hub.CreateInformer(
                KnownResources.ManagedClusters,
                new InformerOptions<ManagedCluster>
                {
                    Trim = managed => managed with { Metadata = Trim(managed.Metadata, ofManaged), Status = null, MoreFields = null },
                })
            : null;
    }

    /// <summary>ManagedClusters that cannot be listed, for want of their kind or of rights, do not hold up the Secrets.</summary>
    public string? Missing =>
        !_secrets.HasSynced ? $"Secrets of namespace {_namespace} were not listed yet{(_secrets.LastError is { } error ? $": {error}" : "")}"
        : _managed is null or { HasSynced: true } or { IsRefused: true } ? null
        : $"ManagedClusters were not listed yet{(_managed.LastError is { } failure ? $": {failure}" : "")}";

    public void Start(ClusterCatalog catalog)
    {
        _catalog = catalog;
        _managed?.Subscribe(change =>
        {
            if (IsNews(change))
            {
                Describe(change.Latest.Key.Name);
            }
        });
        _secrets.Subscribe(change => Describe(change.Latest.Key.Name));
        _managed?.Start();
        _secrets.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _secrets.DisposeAsync();
        if (_managed is not null)
        {
            await _managed.DisposeAsync();
        }
    }

    /// <summary>From both informers, one at a time, by what both hold at that moment.</summary>
    private void Describe(string name)
    {
        lock (_gate)
        {
            var secret = _secrets.Snapshot.Find(new ResourceName(_namespace, name));
            var managed = _managed?.Snapshot.Find(new ResourceName(null, name));
            _catalog.Describe(
                this,
                name,
                secret is not null ? $"Secret {_namespace}/{name}" : $"ManagedCluster {name}",
                secret is not null ? () => _projection.Project(secret, managed, ClusterOrigin.Secret)
                    : managed is not null ? () => _projection.Project(managed)
                    : null);
        }
    }

    /// <summary>Agents write into the status all the time, which nothing here reads.</summary>
    private static bool IsNews(ResourceChange<ManagedCluster> change) =>
        change is not { Before: { } before, After: { } after } || Text(before) != Text(after);

    private static string Text(ManagedCluster managed) => JsonSerializer.Serialize(
        managed with { Metadata = managed.Metadata! with { ResourceVersion = null } }, KnownResources.ManagedClusters.Json);

    /// <summary>What the API server keeps about fields and owners is larger than all the rest.</summary>
    private static ObjectMetadata? Trim(ObjectMetadata? metadata, SharedTexts texts) => metadata is null ? null : metadata with
    {
        MoreFields = null,
        OwnerReferences = null,
        Finalizers = null,
        Labels = texts.Share(metadata.Labels),
        Annotations = texts.Share(metadata.Annotations),
    };
}
