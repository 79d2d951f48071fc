using System.Diagnostics.Metrics;
using ClusterProxy.Gateway.Aggregation;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway;

/// <summary>What the gateway counts. Names that begin with <c>ocm_proxy_</c> are upstream's; the rest is ours.</summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "ClusterProxy.Gateway";
    private const string Ours = "clusterproxy_gateway_";

    private readonly Counter<long> _rulesReloads;

    public GatewayMetrics(IMeterFactory meters, bool perCluster = false)
    {
        var meter = meters.Create(MeterName);
        Catalog = new CatalogMetrics(meter, Ours);
        Authentications = new AuthenticationMetrics(meter, Ours);
        Requests = new RequestMetrics(meter, perCluster);
        Audit = new AuditMetrics(meter, Ours);
        Forwarding = new ForwardingMetrics(meter, Ours);
        _rulesReloads = meter.CreateCounter<long>(
            Ours + "rules_reloads_total", description: "Changes of files of rules that were taken up or refused, and reads of them that hang, by result.");
        foreach (var outcome in ReloadOutcomeNames.Told)
        {
            RulesReloaded(outcome, count: 0);
        }
    }

    public CatalogMetrics Catalog { get; }

    public AuthenticationMetrics Authentications { get; }

    public RequestMetrics Requests { get; }

    public AuditMetrics Audit { get; }

    public ForwardingMetrics Forwarding { get; }

    public void RulesReloaded(ReloadOutcome outcome, int count = 1) => _rulesReloads.Add(count, new KeyValuePair<string, object?>("result", outcome.ToTag()));
}
