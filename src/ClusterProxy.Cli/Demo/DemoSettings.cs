namespace ClusterProxy.Cli.Demo;

/// <summary>What the user asked for.</summary>
internal sealed record DemoSettings
{
    public const long DefaultBytes = 256L * 1024 * 1024;

    /// <summary>Size of the transfer in each direction.</summary>
    public long Bytes { get; init; } = DefaultBytes;

    /// <summary>Bound on all steps together; generous, since a first run on a busy two-core machine must pass.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Leave everything running after the steps.</summary>
    public bool Keep { get; init; }
}
