using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Lanes;

namespace ClusterProxy.Server.Peers;

/// <summary>An open lane to another server.</summary>
/// <param name="ServerId">As it says itself.</param>
/// <param name="Lane">Null when the address is this server's own.</param>
/// <param name="Credential">With which it was opened.</param>
internal sealed record PeerTransport(string ServerId, LaneConnection? Lane, RenewableCredential Credential);
