namespace ClusterProxy.Testing;

public sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value, string RawValue);
