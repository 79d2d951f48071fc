using System.Diagnostics.Metrics;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>The SDK's instruments that are 0 in the end, over all clients of a test.</summary>
internal sealed class ClientInstruments : IDisposable
{
    private const string Connections = "konnectivity_network_proxy_client_client_connections";
    private const string CreditViolations = "clusterproxy_client_credit_violations_total";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly PrometheusText _text;

    public ClientInstruments() => _text = new PrometheusText(Meters, [ClientMetrics.MeterName]);

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    /// <summary>What is not 0, in words; empty when all is.</summary>
    public string Left() => string.Join(", ", PrometheusTextParser.Parse(_text.Render())
        .Where(static f => f.Key is Connections or CreditViolations)
        .SelectMany(static f => f.Value.Samples, static (f, s) => (f.Key, s.Labels, s.Value))
        .Where(static s => s.Value != 0)
        .Select(static s => $"{s.Key}{{{string.Join(",", s.Labels.Values)}}} {s.Value}"));

    public void Dispose()
    {
        _text.Dispose();
        _services.Dispose();
    }
}
