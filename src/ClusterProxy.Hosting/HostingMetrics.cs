using System.Diagnostics.Metrics;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Hosting;

/// <summary>What every process counts alike. The component is part of the exported name: <c>server</c>, <c>agent</c>, …</summary>
public sealed class HostingMetrics
{
    public const string MeterName = "ClusterProxy.Hosting";

    private readonly Meter _meter;
    private readonly string _prefix;
    private readonly Counter<long> _handshakeFailures;
    private readonly Counter<long> _reloads;

    public HostingMetrics(IMeterFactory meters, string component)
    {
        _meter = meters.Create(MeterName);
        _prefix = $"clusterproxy_{component}_";
        _handshakeFailures = _meter.CreateCounter<long>(
            _prefix + "tls_handshake_failures_total",
            description: "Incoming TLS handshakes that did not end in a connection, by plane and reason.");
        _reloads = _meter.CreateCounter<long>(
            _prefix + "certificate_reloads_total",
            description: "Changes of certificate files that were taken up or refused, and reads of them that hang, by plane, role and result.");
    }

    /// <param name="version">From <see cref="ProductVersion"/>.</param>
    /// <param name="features">Additions to upstream's wire that this process announces, as the wire spells them.</param>
    public void ShowBuild(string version, string features) => _meter.CreateObservableGauge(
        _prefix + "build_info", () => new Measurement<int>(1, new("version", version), new("features", features)),
        description: "1 for the version that runs, and the additions to upstream's wire that it announces.");

    internal void ObserveExpiry(Func<IEnumerable<Measurement<double>>> measure) => _meter.CreateObservableGauge(
        _prefix + "certificate_expiry_timestamp_seconds", measure,
        description: "When the certificates in use end, by plane and role; of a CA bundle, when its last authority does.");

    internal void Reloaded(string plane, string role, ReloadOutcome outcome) => Reloaded(plane, role, outcome, 1);

    internal void PublishReloads(string plane, string role)
    {
        foreach (var outcome in ReloadOutcomeNames.Told)
        {
            Reloaded(plane, role, outcome, 0);
        }
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

    private void Reloaded(string plane, string role, ReloadOutcome outcome, int count) => _reloads.Add(
        count, new("plane", plane), new("role", role), new("result", outcome.ToTag()));
}
