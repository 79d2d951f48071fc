namespace ClusterProxy.Agent.Targets;

internal enum TargetDialOutcome
{
    Connected,

    /// <summary>Name resolution and every address together took longer than the dial timeout.</summary>
    TimedOut,

    /// <summary>The target policy or the protocol rule refuses the target.</summary>
    Denied,

    /// <summary>The address cannot be parsed, the name does not resolve, or no address accepts.</summary>
    Failed,

    /// <summary>Whoever asked no longer wants it.</summary>
    Cancelled,
}
