namespace ClusterProxy.Protocol;

/// <summary>Metadata of the two tunnel methods, in wire spelling. Source: konnectivity, section "Metadata" of proto/README.md.</summary>
internal static class TunnelHeaders
{
    public const string ProxyMethod = "/ProxyService/Proxy";
    public const string ConnectMethod = "/AgentService/Connect";
    public const string AgentId = "agentid";
    public const string AgentIdentifiers = "agentidentifiers";
    public const string Authorization = "authorization";
    public const string ServerId = "serverid";
    public const string ServerCount = "servercount";

    /// <summary>A comma list of the additions a peer understands. Nothing of ours is sent to a peer that stayed silent.</summary>
    public const string Features = "clusterproxy-features";

    /// <summary>From a server with the feature "lanes": the token by which a lane names the tunnel that it belongs to.</summary>
    public const string LaneToken = "clusterproxy-lane-token";

    /// <summary>From a server with the feature "servers" that knows its fleet: a ServerList in Base64, as gRPC carries bytes.</summary>
    public const string Servers = "clusterproxy-servers-bin";

    /// <summary>In the answer to a CONNECT with the feature "trace": the connection's id.</summary>
    public const string Connection = "clusterproxy-connection";

    /// <summary>From a frontend: W3C trace context of its dial.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>W3C trace context, beside it.</summary>
    public const string TraceState = "tracestate";
}
