namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>Where a server speaks gRPC.</summary>
public enum ServerPort
{
    Agent,
    Frontend,
    FrontendSocket,
}
