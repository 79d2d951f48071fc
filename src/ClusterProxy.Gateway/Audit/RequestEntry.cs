using ClusterProxy.Gateway.Aggregation;

namespace ClusterProxy.Gateway.Audit;

/// <summary>One line of the audit: a request that is over.</summary>
/// <param name="Time">Of its end.</param>
/// <param name="Record">Who wanted what.</param>
/// <param name="Method">HTTP's.</param>
/// <param name="Path">As it was sent, without the query, which may carry what a command types.</param>
/// <param name="Peer">Where it came from.</param>
/// <param name="AuditId">kube-apiserver's name for the same request; empty when it has none.</param>
/// <param name="TraceId">Empty when there is none.</param>
/// <param name="Status">HTTP's.</param>
/// <param name="Duration">Of a watch or an upgrade its whole life.</param>
internal sealed record RequestEntry(
    DateTimeOffset Time,
    RequestRecord Record,
    string Method,
    string Path,
    string Peer,
    string AuditId,
    string TraceId,
    int Status,
    TimeSpan Duration);
