namespace ClusterProxy.Server;

/// <summary>What frontends speak.</summary>
internal enum FrontendMode
{
    Grpc,
    HttpConnect,

    /// <summary>Both on one port: the first bytes of a connection tell which.</summary>
    Auto,
}
