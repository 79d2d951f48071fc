using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Agent.Sockets;

/// <param name="EndPoint">What was tried.</param>
/// <param name="Socket">Connected, or null.</param>
/// <param name="Failure">Why not; null when it was cancelled.</param>
internal sealed record TcpAttempt(IPEndPoint EndPoint, Socket? Socket, SocketException? Failure);
