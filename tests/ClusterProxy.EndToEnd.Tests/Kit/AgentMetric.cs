namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <inheritdoc cref="ServerMetric"/>
internal static class AgentMetric
{
    public const string DialFailures = "konnectivity_network_proxy_agent_endpoint_dial_failure_total";
    public const string Denied = "clusterproxy_agent_dials_denied_total";
    public const string OpenTargets = "konnectivity_network_proxy_agent_open_endpoint_connections";
    public const string OpenServers = "konnectivity_network_proxy_agent_open_server_connections";
    public const string KnownServers = "konnectivity_network_proxy_agent_known_server_count";
    public const string CreditViolations = "clusterproxy_agent_credit_violations_total";
    public const string BufferedBytes = "clusterproxy_agent_buffered_bytes";
    public const string PromisedBytes = "clusterproxy_agent_promised_bytes";
    public const string PendingDials = "clusterproxy_agent_pending_dials";
    public const string Closes = "clusterproxy_agent_connections_closed_total";
}
