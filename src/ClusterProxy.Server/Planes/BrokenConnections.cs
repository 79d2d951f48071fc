using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace ClusterProxy.Server.Planes;

/// <summary>
/// Counts and logs the connections that Kestrel ends because of what the peer sent, such as a frame too long or a head that never ends.
/// Kestrel itself says why only as a tag of a metric of its own, and there a connection may have tags of ours: that is how the peer's
/// address gets there.
/// </summary>
internal sealed class BrokenConnections : IDisposable
{
    private const string KestrelMeter = "Microsoft.AspNetCore.Server.Kestrel";
    private const string Duration = "kestrel.connection.duration";
    private const string Reason = "error.type";
    private const string Peer = "clusterproxy.peer";

    /// <summary>
    /// A network that broke, an idle client, a server that leaves; what TLS refuses is counted in the handshake. Types of exceptions, whose
    /// names have dots, are of this program's own making.
    /// </summary>
    private static readonly string[] Ordinary =
        ["connection_reset", "io_error", "keep_alive_timeout", "tls_handshake_failed", "aborted_by_app", "app_shutdown_timeout", "server_timeout"];

    private readonly string _plane;
    private readonly ServerMetrics _metrics;
    private readonly ILogger _logger;
    private readonly MeterListener _listener = new();

    /// <param name="kestrel">What its Kestrel's meter is made by.</param>
    /// <param name="plane">Whose connections they are.</param>
    /// <param name="metrics">Of the server.</param>
    /// <param name="logger">Of the server.</param>
    public BrokenConnections(IMeterFactory kestrel, string plane, ServerMetrics metrics, ILogger logger)
    {
        (_plane, _metrics, _logger) = (plane, metrics, logger);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Name: Duration, Meter.Name: KestrelMeter } && ReferenceEquals(instrument.Meter.Scope, kestrel))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) => OnEnded(tags));
        _listener.Start();
    }

    /// <summary>Has its peer's address in what is said of its end.</summary>
    public static void Watch(ConnectionContext connection)
    {
        if (connection.RemoteEndPoint is { } peer && connection.Features.Get<IConnectionMetricsTagsFeature>() is { } metrics)
        {
            metrics.Tags.Add(new(Peer, peer));
        }
    }

    public void Dispose() => _listener.Dispose();

    private void OnEnded(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? reason = null;
        object? peer = null;
        foreach (var (name, value) in tags)
        {
            reason = name == Reason ? value as string : reason;
            peer = name == Peer ? value : peer;
        }

        if (reason is not null && !reason.Contains('.', StringComparison.Ordinal) && !Ordinary.Contains(reason))
        {
            _metrics.ConnectionBroken(_plane, reason);
            _logger.ConnectionBroken(_plane, peer?.ToString() ?? "unix", reason);
        }
    }
}
