using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes;

/// <summary>
/// A client of one Kubernetes API server. Safe for any number of callers; one an API server is enough. Failures are
/// <see cref="ApiException"/> (the server said no) and <see cref="IOException"/> (no answer, or no credential).
/// </summary>
public sealed class KubernetesClient : IDisposable
{
    private readonly ApiSender _sender;

    /// <param name="access">From <see cref="ClusterAccess.Find"/>, a kubeconfig or in-cluster.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="loggers">Null for no log.</param>
    /// <param name="time">Null for the system's clock.</param>
    /// <exception cref="KubeConfigException">The certificate authority cannot be used.</exception>
    public KubernetesClient(
        ClusterAccess access, KubernetesClientOptions? options = null, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        Access = access;
        Options = options ?? new KubernetesClientOptions();
        Time = time ?? TimeProvider.System;
        Loggers = loggers ?? Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance;
        _sender = new ApiSender(access, Options, Time, Loggers.CreateLogger<KubernetesClient>());
    }

    public ClusterAccess Access { get; }

    internal KubernetesClientOptions Options { get; }

    internal TimeProvider Time { get; }

    internal ILoggerFactory Loggers { get; }

    /// <summary>Requests for one kind.</summary>
    public ResourceClient<T> Resource<T>(ResourceDefinition<T> definition)
        where T : KubernetesObject => new(definition, _sender, Options, Time);

    /// <summary>Keeps the objects of a kind in memory once it is started; owned by the caller.</summary>
    public Informer<T> CreateInformer<T>(ResourceDefinition<T> definition, InformerOptions<T>? options = null)
        where T : KubernetesObject =>
        new(
            Resource(definition),
            options ?? new InformerOptions<T>(),
            Time,
            Loggers.CreateLogger($"{typeof(Informer<>).Namespace}.{definition.FullName}"));

    /// <summary>Any GET, such as /version, /readyz or discovery.</summary>
    /// <param name="pathAndQuery">Escaped, from its slash on.</param>
    /// <param name="accept">The Accept header.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<byte[]> GetRawAsync(string pathAndQuery, string accept = "application/json", CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(
            new ApiRequest(HttpMethod.Get, pathAndQuery, IsIdempotent: true) { Accept = accept },
            static (response, token) => response.Content.ReadAsByteArrayAsync(token),
            cancellationToken);

    /// <summary>Ends all connections, those of running watches too.</summary>
    public void Dispose() => _sender.Dispose();
}
