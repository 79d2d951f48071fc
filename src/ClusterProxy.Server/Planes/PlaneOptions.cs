using ClusterProxy.Hosting.Listeners;
using ClusterProxy.Hosting.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ClusterProxy.Server.Planes;

/// <summary>One plane: who connects to it, and what the transport grants them.</summary>
internal sealed record PlaneOptions
{
    /// <summary>The value of the <c>plane</c> label.</summary>
    public required string Name { get; init; }

    /// <summary>The TCP port, if the plane has one.</summary>
    public PlaneEndpoint? Endpoint { get; init; }

    /// <summary>The Unix socket, if the plane has one.</summary>
    public UnixSocketListener? Socket { get; init; }

    /// <summary>Adds TLS to the TCP port.</summary>
    public Action<ListenOptions>? UseTls { get; init; }

    /// <summary>Stands between a connection and HTTP/2.</summary>
    public required Func<ConnectionDelegate, ConnectionDelegate> Connect { get; init; }

    /// <summary>
    /// In which connections are worked on before <see cref="DirectSocketConnection.RunReadsInline"/>, which the plane's own parts then
    /// call; null for the pool's own turns, and for that call right behind the TLS handshake.
    /// </summary>
    public HandshakeTurns? Handshakes { get; init; }

    /// <summary>Serves the HTTP/2 requests.</summary>
    public required RequestDelegate Serve { get; init; }

    /// <summary>Streams on one HTTP/2 connection.</summary>
    public required int MaxStreams { get; init; }

    /// <summary>Bytes that one stream may have on the way to this server.</summary>
    public required int StreamWindow { get; init; }

    /// <summary>
    /// Bytes that all streams of a connection may have on the way. What a stalled stream holds counts here, so it must be many
    /// times <see cref="StreamWindow"/> where streams are many.
    /// </summary>
    public required int ConnectionWindow { get; init; }

    /// <summary>Bytes of one response that wait for its client.</summary>
    public required int ResponseBuffer { get; init; }

    /// <summary>Interval of HTTP/2 pings; null for none.</summary>
    public required TimeSpan? PingInterval { get; init; }
}
