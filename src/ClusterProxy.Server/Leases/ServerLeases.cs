using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Leases;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;

namespace ClusterProxy.Server.Leases;

/// <summary>Announces this server by a lease, and removes those of servers that are gone. On dispose its own lease goes too.</summary>
internal sealed class ServerLeases : IAsyncDisposable
{
    private readonly LeaseHeartbeat _heartbeat;
    private readonly LeaseCollector _collector;

    public ServerLeases(KubernetesClient client, ServerOptions options, LeaseMetrics metrics, TimeProvider time, ILogger logger)
    {
        var labels = options.LeaseLabel.Labels;
        _heartbeat = new LeaseHeartbeat(client, new LeaseHeartbeatOptions
        {
            Name = new ResourceName(options.LeaseNamespace, ServerLease.NameOf(options.ServerId)),
            Holder = options.ServerId,
            Labels = labels.ToDictionary(static l => l.Key, static l => l.Value, StringComparer.Ordinal),
            Annotations = new Dictionary<string, string?>
            {
                [ServerLease.AgentAddress] = TextOrNone(options.ServersLeases),
                [ServerLease.PeerAddress] = TextOrNone(options.PeersLeases),
            },
        });
        _collector = new LeaseCollector(
            client, new ListOptions { Namespace = options.LeaseNamespace, Labels = LabelSelector.Of(labels) }, metrics, time, logger);
    }

    public void Start()
    {
        _heartbeat.Start();
        _collector.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        await _heartbeat.DisposeAsync();
    }

    private static string? TextOrNone(string text) => text.Length > 0 ? text : null;
}
