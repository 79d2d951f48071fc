namespace ClusterProxy.Hosting.Endpoints;

/// <param name="Name">As listed by <c>?verbose</c>.</param>
/// <param name="Probe">Null when all is well, else why not; quick and without side effects, since anyone may ask at any rate.</param>
public sealed record HealthCheck(string Name, Func<string?> Probe);
