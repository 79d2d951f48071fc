using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>The sum of one of the instruments of clients, over all tags.</summary>
internal sealed class ClientInstrument : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private long _value;

    /// <param name="name">As it is exported.</param>
    public ClientInstrument(string name)
    {
        Factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == Factory && instrument.Name == name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _value, value));
        _listener.Start();
    }

    /// <summary>Connections that clients count as theirs, in whatever status.</summary>
    public static ClientInstrument Connections() => new("konnectivity_network_proxy_client_client_connections");

    /// <summary>For the clients that are counted.</summary>
    public IMeterFactory Factory { get; }

    public long Value => Interlocked.Read(ref _value);

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }
}
