using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Server.Peers;

/// <summary>A lane that runs.</summary>
/// <param name="Lane">To the other server.</param>
/// <param name="Running">Ends with it; never fails.</param>
/// <param name="Credential">With which it was opened.</param>
internal sealed record OpenPeerLane(PeerLane Lane, Task<GrpcStatus> Running, RenewableCredential Credential);
