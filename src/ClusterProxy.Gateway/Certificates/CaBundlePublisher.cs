using System.Text;
using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>
/// Keeps the APIService's <c>spec.caBundle</c>: by it kube-apiserver checks the port's certificate. The object is watched and patched
/// only where it differs, so replicas that agree write once. It is made by whoever installs the gateway, never here.
/// </summary>
internal sealed class CaBundlePublisher : IAsyncDisposable
{
    /// <summary>A list takes less where there is an answer at all, and whoever waits for it has a certificate to look after meanwhile.</summary>
    private static readonly TimeSpan SyncLimit = TimeSpan.FromSeconds(10);

    private readonly ResourceName _name;
    private readonly ResourceClient<ApiService> _services;
    private readonly Informer<ApiService> _informer;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private bool _saidMissing;
    private string? _patchedVersion;

    public CaBundlePublisher(KubernetesClient client, string name, ILogger logger, TimeProvider time)
    {
        _name = new ResourceName(name);
        _logger = logger;
        _time = time;
        _services = client.Resource(KnownResources.ApiServices);
        _informer = client.CreateInformer(KnownResources.ApiServices, new InformerOptions<ApiService>
        {
            Objects = new ListOptions { Fields = FieldSelector.ForName(name) },
        });
        _informer.Start();
    }

    /// <summary>PEM that kube-apiservers trust; empty while there is no such APIService.</summary>
    public string Published { get; private set; } = "";

    /// <exception cref="ApiException">The API server says no.</exception>
    /// <exception cref="IOException">It cannot be reached, or the APIService was not listed yet.</exception>
    public async Task PublishAsync(string bundle, CancellationToken cancellationToken)
    {
        await WaitUntilSyncedAsync(cancellationToken);
        if (_informer.Snapshot.Find(_name) is not { } service)
        {
            Published = "";
            if (!_saidMissing)
            {
                _saidMissing = true;
                _logger.ApiServiceMissing(_name.Name);
            }

            return;
        }

        _saidMissing = false;
        var wanted = Encoding.UTF8.GetBytes(bundle);
        if (service.Spec?.CaBundle is not { } current || !current.AsSpan().SequenceEqual(wanted))
        {
            var spec = new JsonObject { ["caBundle"] = Convert.ToBase64String(wanted) };
            if (service.Spec?.InsecureSkipTLSVerify == true)
            {
                // The API server takes one of the two only.
                spec["insecureSkipTLSVerify"] = null;
            }

            // The watch may not have brought what was just written.
            if (Published != bundle || _patchedVersion != service.Metadata?.ResourceVersion)
            {
                await _services.PatchAsync(_name, Patch.Merge(new JsonObject { ["spec"] = spec }), subresource: null, cancellationToken);
                _patchedVersion = service.Metadata?.ResourceVersion;
                _logger.CaBundlePatched(_name.Name);
            }
        }

        Published = bundle;
    }

    /// <summary>Within a bound: to an account that may not list APIServices the first list never comes.</summary>
    private async Task WaitUntilSyncedAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Also when the first list has failed: the next one comes by itself, and soon.
            await _informer.Synced.WaitAsync(SyncLimit, _time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new IOException(
                $"the APIService {_name.Name} cannot be read: {_informer.LastError ?? $"no answer within {SyncLimit.TotalSeconds:0} s"}", e);
        }
    }

    public ValueTask DisposeAsync() => _informer.DisposeAsync();
}
