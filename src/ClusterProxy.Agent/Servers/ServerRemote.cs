using System.Net;

namespace ClusterProxy.Agent.Servers;

/// <summary>Where a tunnel really goes, so that its lanes can follow.</summary>
/// <param name="Server">As configured: the name that its certificate carries.</param>
/// <param name="EndPoint">The socket's peer: the server's, or the proxy's in front of it.</param>
/// <param name="Address">For people.</param>
internal sealed record ServerRemote(ServerAddress Server, IPEndPoint EndPoint, string Address);
