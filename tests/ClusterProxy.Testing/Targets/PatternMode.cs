namespace ClusterProxy.Testing.Targets;

/// <summary>What a frontend asks a <see cref="PatternTarget"/> for.</summary>
public enum PatternMode : byte
{
    /// <summary>The target sends all bytes, then FIN.</summary>
    Download = 1,

    /// <summary>The target takes all bytes, then answers with one.</summary>
    Upload = 2,

    /// <summary>The target sends back what it gets.</summary>
    Echo = 3,
}
