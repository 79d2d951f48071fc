using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>The settings that kube-apiserver publishes, followed live. Needs the Role extension-apiserver-authentication-reader.</summary>
internal sealed class ExtensionAuthenticationWatch : IAsyncDisposable
{
    private readonly Informer<ConfigMap> _maps;
    private readonly ILogger _logger;
    private AuthenticationSettings _settings = AuthenticationSettings.None;

    public ExtensionAuthenticationWatch(KubernetesClient client, ILogger logger)
    {
        _logger = logger;
        _maps = client.CreateInformer(KnownResources.ConfigMaps, new InformerOptions<ConfigMap>
        {
            // By name: the Role allows no more.
            Objects = new ListOptions
            {
                Namespace = ExtensionAuthentication.Name.Namespace,
                Fields = FieldSelector.ForName(ExtensionAuthentication.Name.Name),
            },
        });
        _maps.Subscribe(Changed);
    }

    /// <summary>What was read last and was good.</summary>
    public AuthenticationSettings Settings => Volatile.Read(ref _settings);

    /// <summary>Null when front proxies can prove themselves, else why not yet.</summary>
    public string? Problem => Settings.FrontProxy is not null ? null
        : _maps.HasSynced ? $"ConfigMap {ExtensionAuthentication.Name} names no requestheader-client-ca-file"
        : $"ConfigMap {ExtensionAuthentication.Name} was not read yet{(_maps.LastError is { } error ? $": {error}" : "")}";

    public void Start() => _maps.Start();

    public ValueTask DisposeAsync() => _maps.DisposeAsync();

    private void Changed(ResourceChange<ConfigMap> change)
    {
        if (change.After is not { } map)
        {
            _logger.ExtensionAuthenticationGone(ExtensionAuthentication.Name.ToString());
            return;
        }

        var problems = new List<string>();
        var settings = ExtensionAuthentication.Read(map, Settings, problems);
        Volatile.Write(ref _settings, settings);
        foreach (var problem in problems)
        {
            _logger.ExtensionAuthenticationBad(ExtensionAuthentication.Name.ToString(), problem);
        }

        if (settings.IsConfused)
        {
            _logger.AuthoritiesConfused();
        }
        else if (settings.FrontProxy is { } proxy)
        {
            _logger.FrontProxyKnown(proxy.Ca.Subjects, string.Join(", ", proxy.AllowedNames));
        }
    }
}
