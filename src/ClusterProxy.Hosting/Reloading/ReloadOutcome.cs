namespace ClusterProxy.Hosting.Reloading;

/// <summary>What a look at files came to.</summary>
public enum ReloadOutcome
{
    /// <summary>They hold what they held, or they are being written and get another look.</summary>
    Unchanged,

    /// <summary>What they hold now is in use.</summary>
    Reloaded,

    /// <summary>What they hold cannot be used; what was loaded last stays in use. Told once for each content.</summary>
    Refused,

    /// <summary>Reading them does not return; what was loaded last stays in use. Told once for each read that was given up.</summary>
    Hanging,
}
