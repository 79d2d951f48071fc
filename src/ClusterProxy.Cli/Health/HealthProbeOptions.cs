using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Health;

/// <summary>How targets are probed.</summary>
/// <param name="Path">What is asked for by GET.</param>
/// <param name="Timeout">Of all steps together, for one target.</param>
/// <param name="Authorities">Of the targets' certificates; null trusts the machine's own.</param>
/// <param name="SkipVerification">Take any certificate.</param>
/// <param name="Plaintext">No TLS with the target.</param>
internal sealed record HealthProbeOptions(string Path, TimeSpan Timeout, CaBundle? Authorities, bool SkipVerification, bool Plaintext);
