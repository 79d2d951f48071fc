namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>The four ways into the tunnel.</summary>
internal enum FrontendKind
{
    GrpcOverTls,
    ConnectOverTls,
    ConnectOverUnixSocket,
    GrpcOverUnixSocket,
}
