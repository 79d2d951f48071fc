using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>What became known about a request while it was served, for the audit and the metrics. One a request.</summary>
internal sealed class RequestRecord
{
    /// <summary>Null until it is known.</summary>
    public Caller? Caller { get; set; }

    /// <summary>Of our own API; empty for a path that is none.</summary>
    public AccessRequest? Access { get; set; }

    /// <summary>Set when the request is for a cluster that exists.</summary>
    public string Cluster { get; set; } = "";

    /// <summary>Of the request inside the cluster, when it can be read.</summary>
    public InnerRequest? Inner { get; set; }

    /// <summary>As whom it went on; empty when it did not, or when it went on as the gateway.</summary>
    public string ForwardedUser { get; set; } = "";

    /// <summary>Whether it went on to a cluster.</summary>
    public bool IsForwarded { get; set; }

    /// <summary>Why it was refused here; empty when it was not.</summary>
    public string Refusal { get; set; } = "";
}
