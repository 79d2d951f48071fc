namespace ClusterProxy.Protocol.Tunnels;

/// <summary>Which end of a dial a side is.</summary>
internal enum TunnelRole
{
    /// <summary>Sent DIAL_REQ: the SDK toward the server, the server toward an agent. Closes with CLOSE_REQ.</summary>
    Dialer,

    /// <summary>Answered it: the agent. Closes with CLOSE_RSP.</summary>
    Dialed,
}
