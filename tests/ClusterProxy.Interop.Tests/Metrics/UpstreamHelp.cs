namespace ClusterProxy.Interop.Tests.Metrics;

/// <summary>Help texts as upstream's programs expose them, by name without the program's prefix; "delection" is theirs.</summary>
internal static class UpstreamHelp
{
    public static readonly IReadOnlyDictionary<string, string> OfServer = new Dictionary<string, string>
    {
        ["dial_duration_seconds"] = "Latency of dial to the remote endpoint in seconds",
        ["frontend_write_duration_seconds"] = "Latency of write to the frontend in seconds",
        ["grpc_connections"] = "Number of current grpc connections, partitioned by service method.",
        ["http_connections"] = "Number of current HTTP CONNECT connections",
        ["ready_backend_connections"] =
            "Number of konnectivity agent connected to the proxy server. DEPRECATED, please use ready_backends",
        ["ready_backends"] = "Number of konnectivity agent connected to the proxy server",
        ["pending_backend_dials"] = "Current number of pending backend dial requests",
        ["established_connections"] = "Current number of established end-to-end connections (post-dial).",
        ["full_receive_channels"] =
            "Number of current connections blocked by a full receive channel, partitioned by service method.",
        ["dial_failure_count"] = "Number of dial failures observed. Multiple failures can occur for a single dial request.",
        ["stream_packets_total"] = "Count of packets processed, by segment and packet type (example: from_client, DIAL_REQ)",
        ["stream_errors_total"] =
            "Count of gRPC stream errors, by segment, grpc Code, packet type. (example: from_agent, Code.Unavailable, DIAL_RSP)",
        ["culled_leases_count"] = "Count of expired leases that the lease garbage collection controller has culled.",
        ["lease_delete_total"] =
            "Count of lease delection calls by the garbage collection controller. Labeled by HTTP status code and reason.",
        ["lease_list_total"] =
            "Count of lease deletion calls by the garbage collection controller. Labeled by HTTP status code and reason.",
        ["lease_delete_latency_seconds"] = "Latency of lease deletion calls by the garbage collection controller in seconds.",
        ["lease_list_latency_seconds"] = "Latency of lease list calls by the garbage collection controller in seconds.",
    };

    public static readonly IReadOnlyDictionary<string, string> OfAgent = new Dictionary<string, string>
    {
        ["dial_duration_seconds"] = "Latency of dial to the remote endpoint in seconds",
        ["endpoint_dial_failure_total"] = "Number of failures dialing the remote endpoint, by reason (example: timeout).",
        ["open_endpoint_connections"] = "Current number of open endpoint connections.",
        ["open_server_connections"] = "Current number of open server connections.",
        ["known_server_count"] = "Current number of servers agent is trying to connect to.",
        ["server_connection_failure_count"] =
            "Count of failures to send to or receive from the proxy server, labeled by the direction (from_server or to_server). DEPRECATED, please use stream_events_error_total",
        ["stream_packets_total"] = "Count of packets processed, by segment and packet type (example: from_client, DIAL_REQ)",
        ["stream_errors_total"] =
            "Count of gRPC stream errors, by segment, grpc Code, packet type. (example: from_agent, Code.Unavailable, DIAL_RSP)",
    };
}
