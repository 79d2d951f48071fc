namespace ClusterProxy.Testing;

public sealed record PrometheusFamily(string Name, string Type, string Help, IReadOnlyList<PrometheusSample> Samples)
{
    /// <summary>The value of the one sample with exactly these labels.</summary>
    public double Value(params (string Name, string Value)[] labels) =>
        Samples.Single(s => s.Labels.Count == labels.Length && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Value;
}
