namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>Upstream's names, written out once more than in the product: a dashboard looks for exactly these.</summary>
internal static class ServerMetric
{
    public const string DialFailures = "konnectivity_network_proxy_server_dial_failure_count";
    public const string GrpcConnections = "konnectivity_network_proxy_server_grpc_connections";
    public const string HttpConnections = "konnectivity_network_proxy_server_http_connections";
    public const string Established = "konnectivity_network_proxy_server_established_connections";
    public const string PendingDials = "konnectivity_network_proxy_server_pending_backend_dials";
    public const string ReadyBackends = "konnectivity_network_proxy_server_ready_backends";
    public const string ReadyBackendConnections = "konnectivity_network_proxy_server_ready_backend_connections";
    public const string FullReceiveChannels = "konnectivity_network_proxy_server_full_receive_channels";
    public const string StreamErrors = "konnectivity_network_proxy_server_stream_errors_total";
    public const string CreditViolations = "clusterproxy_server_credit_violations_total";
    public const string QueuedBytes = "clusterproxy_server_queued_bytes";
    public const string FrontendQueuedBytes = "clusterproxy_server_frontend_queued_bytes";
    public const string BufferedBytes = "clusterproxy_server_buffered_bytes";
    public const string PromisedBytes = "clusterproxy_server_promised_bytes";
    public const string FrontendLanes = "clusterproxy_server_frontend_lanes";
    public const string Closes = "clusterproxy_server_connection_closes_total";
    public const string BrokenConnections = "clusterproxy_server_broken_connections_total";
    public const string RequestsRefused = "clusterproxy_server_requests_refused_total";
    public const string LanesRefused = "clusterproxy_server_lanes_refused_total";
    public const string PacketsRefused = "clusterproxy_server_packets_refused_total";
    public const string HandshakeFailures = "clusterproxy_server_tls_handshake_failures_total";
}
