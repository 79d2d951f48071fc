namespace ClusterProxy.Cli.Health;

/// <summary>How one target answered. A step that was not reached has no latency.</summary>
/// <param name="Target">As it was dialed.</param>
/// <param name="Healthy">Every step succeeded and the answer was 200.</param>
/// <param name="DialMilliseconds">Opening the connection through server and agent.</param>
/// <param name="TlsMilliseconds">The handshake with the target.</param>
/// <param name="RequestMilliseconds">GET, to the end of the answer.</param>
/// <param name="StatusCode">The answer's.</param>
/// <param name="FailedStep">dial, tls or request; null when healthy.</param>
/// <param name="Error">What failed; null when healthy.</param>
/// <param name="Remedy">What to do about it; null when healthy.</param>
internal sealed record HealthReport(
    string Target,
    bool Healthy,
    double? DialMilliseconds = null,
    double? TlsMilliseconds = null,
    double? RequestMilliseconds = null,
    int? StatusCode = null,
    string? FailedStep = null,
    string? Error = null,
    string? Remedy = null);
