using ClusterProxy.Hosting;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Leases;
using ClusterProxy.Kubernetes.Selectors;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Agent;

/// <summary>Counts the servers by the leases that they keep, as the flags say.</summary>
internal sealed class LeaseCounting : IAsyncDisposable
{
    private readonly KubernetesClient _client;
    private readonly LeaseCounter _counter;

    private LeaseCounting(KubernetesClient client, LeaseCounter counter)
    {
        _client = client;
        _counter = counter;
    }

    public int Count => _counter.Count;

    /// <summary>Null when leases are not to be counted.</summary>
    /// <exception cref="StartupException">It cannot be told how to reach the API server.</exception>
    public static LeaseCounting? Create(AgentOptions options, AgentMetrics metrics, ILoggerFactory logging, TimeProvider time)
    {
        if (!options.CountServerLeases)
        {
            return null;
        }

        try
        {
            var client = new KubernetesClient(
                ClusterAccess.Find(options.Kubeconfig), new KubernetesClientOptions { UserAgent = "proxy-agent" }, logging, time);
            var labels = LabelSelector.Parse(options.LeaseLabelSelector);
            return new LeaseCounting(client, new LeaseCounter(client, options.LeaseNamespace, labels, metrics.CountLeases().Observed));
        }
        catch (KubeConfigException e)
        {
            var flag = options.Kubeconfig.Length > 0 ? $"--kubeconfig={options.Kubeconfig}" : "--kubeconfig is empty";
            throw new StartupException($"{flag}: {e.Message}", e);
        }
    }

    /// <param name="changed">Told when there may be a server more.</param>
    public void Start(Action changed) => _counter.Start(changed);

    public async ValueTask DisposeAsync()
    {
        await _counter.DisposeAsync();
        _client.Dispose();
    }
}
