using System.Net.Sockets;

namespace ClusterProxy.Client.Servers;

/// <summary>A connection to the proxy server, ready for the first request byte.</summary>
/// <param name="Stream">Owns the socket; TLS has been negotiated where it is due.</param>
/// <param name="Socket">Beneath the stream.</param>
internal sealed record ServerConnection(Stream Stream, Socket Socket);
