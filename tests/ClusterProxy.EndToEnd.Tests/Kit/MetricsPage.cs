namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>A program's /metrics, read over HTTP and by the strict parser.</summary>
internal sealed class MetricsPage(int port)
{
    private static readonly HttpClient Http = new();

    public Uri Url { get; } = new($"http://127.0.0.1:{port}/metrics");

    public async Task<IReadOnlyDictionary<string, PrometheusFamily>> ReadAsync() =>
        PrometheusTextParser.Parse(await Http.GetStringAsync(Url).DefaultTimeout());

    /// <summary>The sum of the samples that carry these labels; 0 when there is none.</summary>
    public async Task<double> ValueAsync(string name, params (string Name, string Value)[] labels) =>
        Sum(await ReadAsync(), name, labels);

    /// <summary>Polls until the value is there.</summary>
    public Task<double> WaitForAsync(string name, double value, params (string Name, string Value)[] labels) =>
        WaitForAsync(name, v => v == value, labels);

    public Task<double> WaitForAsync(string name, Func<double, bool> condition, params (string Name, string Value)[] labels) =>
        Eventually.ObserveAsync(
            () => ValueAsync(name, labels), condition, $"{name}{{{string.Join(',', labels)}}} of {Url}");

    /// <summary>Polls until every one of these gauges, over all its labels, is 0.</summary>
    public Task WaitForZeroAsync(params string[] names) => Eventually.ObserveAsync(
        async () =>
        {
            var families = await ReadAsync();
            return string.Join(", ", names.Where(n => Sum(families, n) != 0).Select(n => $"{n} is {Sum(families, n)}"));
        },
        static left => left.Length == 0,
        $"nothing is left in the gauges of {Url}");

    private static double Sum(
        IReadOnlyDictionary<string, PrometheusFamily> families, string name, params (string Name, string Value)[] labels) =>
        families.Values.SelectMany(static f => f.Samples)
            .Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value))
            .Sum(static s => s.Value);
}
