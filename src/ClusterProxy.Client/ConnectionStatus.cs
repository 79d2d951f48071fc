namespace ClusterProxy.Client;

/// <summary>Where a connection stands in the gauge of connections.</summary>
internal enum ConnectionStatus
{
    /// <summary>Its tunnel is being opened.</summary>
    Created,

    /// <summary>DIAL_REQ is on its way.</summary>
    Dialing,

    /// <summary>It carries bytes.</summary>
    Ok,
}
