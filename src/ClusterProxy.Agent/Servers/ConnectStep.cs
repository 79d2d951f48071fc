namespace ClusterProxy.Agent.Servers;

/// <summary>The steps from an address to a tunnel, in order. Each has its own deadline.</summary>
internal enum ConnectStep
{
    /// <summary>Name resolution.</summary>
    Resolve,

    /// <summary>TCP to the server, or to the proxy in front of it.</summary>
    Tcp,

    /// <summary>CONNECT through the proxy of the environment.</summary>
    Proxy,

    /// <summary>The TLS handshake with the server.</summary>
    Tls,

    /// <summary>Reading the service-account token.</summary>
    Token,

    /// <summary>The HTTP/2 stream and the server's answer to it.</summary>
    Call,
}
