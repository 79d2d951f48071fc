namespace ClusterProxy.LoadTests.Topologies;

/// <summary>How the generator asks a server for a dial.</summary>
internal enum FrontendKind
{
    /// <summary>Our SDK, gRPC over a Unix socket.</summary>
    GrpcUnix,

    /// <summary>Our SDK, gRPC over mutual TLS.</summary>
    GrpcTls,

    /// <summary>HTTP CONNECT over a Unix socket.</summary>
    ConnectUnix,

    /// <summary>HTTP CONNECT over mutual TLS, one handshake a connection.</summary>
    ConnectTls,
}
