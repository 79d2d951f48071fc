using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Tests.Kit;

/// <summary>A fake API server and clients of it, new for every test. An unexpected error in the log fails the test.</summary>
public abstract class ApiTest : IAsyncLifetime
{
    private readonly List<KubernetesClient> _clients = [];

    protected FakeKubernetesApi Api { get; private set; } = null!;

    protected FailOnErrorLog Log { get; } = new();

    /// <summary>Retries come without delay worth speaking of.</summary>
    protected static KubernetesClientOptions Quick { get; } = new()
    {
        Retry = new RetryOptions { BaseDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(5) },
    };

    protected static CancellationToken None => CancellationToken.None;

    public async Task InitializeAsync() => Api = await FakeKubernetesApi.StartAsync();

    public async Task DisposeAsync()
    {
        _clients.ForEach(static c => c.Dispose());
        await Api.DisposeAsync();
        Log.Dispose();
    }

    protected KubernetesClient Client(ClusterAccess? access = null, KubernetesClientOptions? options = null, TimeProvider? time = null)
    {
        var client = new KubernetesClient(access ?? Api.Access(), options ?? Quick, Log.CreateFactory(), time);
        _clients.Add(client);
        return client;
    }

    protected static ConfigMap Map(string name, params (string Key, string Value)[] data) => new()
    {
        Metadata = new ObjectMetadata { Name = name, Namespace = "default" },
        Data = data.ToDictionary(static d => d.Key, static d => d.Value, StringComparer.Ordinal),
    };

    protected static ResourceName Named(string name) => new("default", name);

    protected void PutMaps(int count, string prefix = "m")
    {
        for (var i = 0; i < count; i++)
        {
            PutMap($"{prefix}{i:d4}", "value");
        }
    }

    protected void PutMap(string name, string value, string labels = "{}") => Api.Put(
        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","labels":{{{labels}}} },"data":{"key":"{{{value}}}"}}""");
}
