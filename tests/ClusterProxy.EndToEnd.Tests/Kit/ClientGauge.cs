using System.Diagnostics.Metrics;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>The SDK's gauge of connections, over all clients of a test.</summary>
internal sealed class ClientGauge : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly PrometheusText _text;

    public ClientGauge() => _text = new PrometheusText(Meters, [ClientMetrics.MeterName]);

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    /// <summary>The connections that the gauge still shows, in words; empty when there are none.</summary>
    public string Left() =>
        PrometheusTextParser.Parse(_text.Render()).TryGetValue("konnectivity_network_proxy_client_client_connections", out var family)
            ? string.Join(", ", family.Samples.Where(s => s.Value != 0).Select(s => $"{s.Labels["status"]}: {s.Value}"))
            : "";

    public void Dispose()
    {
        _text.Dispose();
        _services.Dispose();
    }
}
