namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>How a frontend speaks to the server.</summary>
public enum FrontendKind
{
    GrpcTls,
    GrpcUnix,
    ConnectTls,
    ConnectUnix,
    LaneTls,
    LaneUnix,
}
