using System.Diagnostics.Metrics;

namespace ClusterProxy.Server.Planes;

/// <summary>What became of handshakes on the agent port before they began.</summary>
internal sealed class HandshakeMetrics
{
    private readonly Meter _meter;
    private readonly string _prefix;
    private readonly Counter<long> _handshakes;

    public HandshakeMetrics(Meter meter, string prefix)
    {
        _meter = meter;
        _prefix = prefix;
        _handshakes = meter.CreateCounter<long>(
            prefix + "agent_handshakes_total",
            description: "TLS handshakes on the agent port that went on at once, went on after a wait, were refused because they came too fast, or whose client had left or waited for too long, by result.");
        foreach (var result in (string[])["at_once", "delayed", "refused", "too_late"])
        {
            Add(0, result);
        }
    }

    /// <summary>Adds the gauge.</summary>
    /// <param name="waiting">Handshakes that wait now.</param>
    public void Observe(Func<int> waiting) => _meter.CreateObservableGauge(
        _prefix + "agent_handshakes_waiting", waiting, description: "TLS handshakes on the agent port that wait for their turn.");

    public void Admitted() => Add(1, "at_once");

    public void Delayed() => Add(1, "delayed");

    public void Refused() => Add(1, "refused");

    public void TooLate() => Add(1, "too_late");

    private void Add(int count, string result) => _handshakes.Add(count, new KeyValuePair<string, object?>("result", result));
}
