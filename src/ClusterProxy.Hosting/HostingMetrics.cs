using System.Diagnostics.Metrics;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Hosting;

/// <summary>What every process counts alike. The component is part of the exported name: <c>server</c>, <c>agent</c>, …</summary>
public sealed class HostingMetrics
{
    public const string MeterName = "ClusterProxy.Hosting";

    private readonly Counter<long> _handshakeFailures;

    public HostingMetrics(IMeterFactory meters, string component)
    {
        var meter = meters.Create(MeterName);
        _handshakeFailures = meter.CreateCounter<long>(
            $"clusterproxy_{component}_tls_handshake_failures_total",
            description: "Incoming TLS handshakes that did not end in a connection, by plane and reason.");
    }

    internal void HandshakeFailed(string plane, string reason) =>
        _handshakeFailures.Add(1, new("plane", plane), new("reason", reason));

    /// <summary>Every reason starts at 0, so that a rate over the first failure is seen.</summary>
    internal void PublishPlane(string plane)
    {
        foreach (var verdict in Enum.GetValues<PeerVerdict>())
        {
            if (verdict != PeerVerdict.Accepted)
            {
                _handshakeFailures.Add(0, new("plane", plane), new("reason", verdict.Tag()));
            }
        }

        foreach (var failure in Enum.GetValues<TlsHandshakeFailure>())
        {
            _handshakeFailures.Add(0, new("plane", plane), new("reason", failure.Tag()));
        }
    }
}
