namespace ClusterProxy.Server.Frontend;

/// <summary>One frontend that is here: a gRPC stream, a lane or a CONNECT client.</summary>
internal interface IFrontend
{
    /// <summary>Whether it has sent more than its agent takes, and is not read from.</summary>
    bool IsStalled { get; }

    /// <summary>This server is about to end: leave as soon as there is no connection.</summary>
    void Drain();

    /// <summary>The grace is over: close the connection, with its reason.</summary>
    void Shutdown();
}
