namespace ClusterProxy.Interop.Tests.Metrics;

/// <summary>One line of the tables of upstream's metrics.</summary>
/// <param name="Name">Without the program's prefix.</param>
/// <param name="Type">As in TYPE.</param>
/// <param name="Labels">All of them, and no others.</param>
public sealed record ExpectedMetric(string Name, string Type, params string[] Labels)
{
    /// <summary>Upper bounds without +Inf; null for what is no histogram.</summary>
    public double[]? Buckets { get; init; }

    /// <summary>Seen only with a Kubernetes API, which has no part in these tests.</summary>
    public bool NeedsKubernetes { get; init; }

    public void Verify(PrometheusFamily family)
    {
        Assert.Equal((Name, Type), (Name, family.Type));
        foreach (var sample in family.Samples)
        {
            Assert.Equal(
                Labels.Order(StringComparer.Ordinal),
                sample.Labels.Keys.Where(l => l != "le").Order(StringComparer.Ordinal));
        }

        if (Buckets is not null)
        {
            var bounds = family.Samples.Where(s => s.Labels.ContainsKey("le")).Select(s => s.Labels["le"]).Distinct()
                .Where(le => le != "+Inf").Select(le => double.Parse(le, System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(Buckets, bounds);
        }
    }
}
