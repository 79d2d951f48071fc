namespace ClusterProxy.Interop.Tests.Programs;

/// <summary>The /metrics of a running program.</summary>
public sealed class MetricsPage(int port) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

    public Task<string> ReadTextAsync() => _http.GetStringAsync(new Uri("/metrics", UriKind.Relative)).DefaultTimeout();

    public async Task<IReadOnlyDictionary<string, PrometheusFamily>> ReadAsync() => PrometheusTextParser.Parse(await ReadTextAsync());

    /// <summary>The sum of the samples that carry these labels; 0 when there is none yet.</summary>
    public async Task<double> ValueAsync(string name, params (string Name, string Value)[] labels) =>
        (await ReadAsync()).TryGetValue(name, out var family)
            ? family.Samples.Where(s => labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Sum(s => s.Value)
            : 0;

    public Task WaitForAsync(double value, string name, params (string Name, string Value)[] labels) =>
        Eventually.ObserveAsync(() => ValueAsync(name, labels), v => v.Equals(value), $"{name} = {value}");

    public void Dispose() => _http.Dispose();
}
