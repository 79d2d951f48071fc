namespace ClusterProxy.Gateway.Forwarding;

/// <summary>How long a request may be expected to run.</summary>
internal enum RequestKind
{
    /// <summary>Is answered and done: deadlines count.</summary>
    Short,

    /// <summary>Runs until somebody ends it, may be silent for hours, and begins again where it ended.</summary>
    Watch,

    /// <summary>Runs and may be silent as long, but what is cut off is lost: a followed log, a request proxied once more.</summary>
    LongRunning,

    /// <summary>As that, and both sides speak another protocol after the answer: exec, attach, port-forward.</summary>
    Upgrade,
}
