namespace ClusterProxy.Gateway.Audit;

/// <summary>What a line of the audit is about.</summary>
internal enum RequestEvent
{
    /// <summary>A request is over.</summary>
    Request,

    /// <summary>The protocol has changed: somebody is in a container now, and the line of the end may be hours away.</summary>
    Upgrade,
}
