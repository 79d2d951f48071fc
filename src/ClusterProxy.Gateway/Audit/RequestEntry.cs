using ClusterProxy.Gateway.Aggregation;

namespace ClusterProxy.Gateway.Audit;

/// <summary>One line of the audit: a request that is over, or an upgrade that began.</summary>
/// <param name="Event">Which of the two.</param>
/// <param name="Time">Of the event.</param>
/// <param name="Record">Who wanted what.</param>
/// <param name="Method">HTTP's.</param>
/// <param name="Path">As it was sent, without the query, which may carry what a command types.</param>
/// <param name="Peer">Where it came from.</param>
/// <param name="AuditId">kube-apiserver's name for the same request; empty when it has none.</param>
/// <param name="TraceId">Empty when there is none.</param>
/// <param name="Status">HTTP's.</param>
/// <param name="Duration">Up to the event: of a watch or an upgrade that is over its whole life.</param>
internal sealed record RequestEntry(
    RequestEvent Event,
    DateTimeOffset Time,
    RequestRecord Record,
    string Method,
    string Path,
    string Peer,
    string AuditId,
    string TraceId,
    int Status,
    TimeSpan Duration);
