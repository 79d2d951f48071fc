using System.Net;

namespace ClusterProxy.Server.Planes;

/// <summary>A TCP port to listen on.</summary>
/// <param name="Flag">That names it, without dashes.</param>
/// <param name="Address">To bind.</param>
/// <param name="Port">0 takes any free port.</param>
internal sealed record PlaneEndpoint(string Flag, IPAddress Address, int Port)
{
    public IPEndPoint ToEndPoint() =>
        new(Address.Equals(IPAddress.IPv6Any) && !System.Net.Sockets.Socket.OSSupportsIPv6 ? IPAddress.Any : Address, Port);
}
