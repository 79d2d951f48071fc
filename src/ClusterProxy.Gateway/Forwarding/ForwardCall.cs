using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Kubernetes.Credentials;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>One request on its way: what its parts need to know, and what they found out.</summary>
/// <param name="context">The caller's.</param>
/// <param name="cluster">Where to.</param>
/// <param name="identity">As whom.</param>
/// <param name="kind">How long it may run.</param>
/// <param name="url">Exactly as it is sent.</param>
/// <param name="credential">The gateway's own.</param>
internal sealed class ForwardCall(
    HttpContext context, Cluster cluster, ForwardedIdentity identity, RequestKind kind, Uri url, Credential credential)
{
    /// <summary>Finds the call in a message.</summary>
    public static HttpRequestOptionsKey<ForwardCall> Key { get; } = new("ClusterProxy.Gateway.ForwardCall");

    public HttpContext Context { get; } = context;

    public Cluster Cluster { get; } = cluster;

    public ForwardedIdentity Identity { get; } = identity;

    public RequestKind Kind { get; } = kind;

    public Uri Url { get; } = url;

    public Credential Credential { get; } = credential;

    /// <summary>The Host header where it is not the URL's; null otherwise.</summary>
    public string? Host { get; init; }

    /// <summary>The cluster answered with this status, which must not be passed on; 0 for none.</summary>
    public int Withheld { get; set; }

    /// <summary>The cluster's status; 0 when none came.</summary>
    public int TargetStatus { get; set; }
}
