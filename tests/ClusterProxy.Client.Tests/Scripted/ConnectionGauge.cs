using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>Connections that clients count as theirs, in whatever status.</summary>
internal sealed class ConnectionGauge : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private long _value;

    public ConnectionGauge()
    {
        Factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == Factory && instrument.Name == "konnectivity_network_proxy_client_client_connections")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _value, value));
        _listener.Start();
    }

    /// <summary>For the clients that are counted.</summary>
    public IMeterFactory Factory { get; }

    public long Value => Interlocked.Read(ref _value);

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }
}
