namespace ClusterProxy.LoadTests.Topologies;

/// <summary>Which programs make a pair and how they are run.</summary>
/// <param name="Server">Path of the proxy-server: a program, or an assembly for dotnet.</param>
/// <param name="Agent">Path of the proxy-agent.</param>
/// <param name="Mode">
/// Upstream's <c>--mode</c> with its Unix socket; null for our own, which serves every frontend at once. With a mode only
/// flags that upstream knows are passed.
/// </param>
internal sealed record PairSettings(string Server, string Agent, string? Mode)
{
    public int Agents { get; init; } = 1;

    /// <summary>The programs' <c>--v</c>. Upstream logs every packet at its own default of 4.</summary>
    public int Verbosity { get; init; }

    /// <summary>Folder for what the programs write; null to drop it.</summary>
    public string? Logs { get; init; }

    /// <summary>Added to the programs' environment, each as NAME=VALUE; to try runtime settings without a build.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Added to the server's command line, each as NAME=VALUE.</summary>
    public IReadOnlyList<string> ServerFlags { get; init; } = [];

    /// <summary>Likewise of the agents.</summary>
    public IReadOnlyList<string> AgentFlags { get; init; } = [];

    /// <summary>Each way, between server and agents.</summary>
    public TimeSpan Delay { get; init; }
}
