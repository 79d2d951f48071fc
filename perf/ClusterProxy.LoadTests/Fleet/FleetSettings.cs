namespace ClusterProxy.LoadTests.Fleet;

/// <summary>What one run of <c>fleet</c> does.</summary>
internal sealed record FleetSettings
{
    public required int Agents { get; init; }

    /// <summary>Dials a second at all servers together, before and during the restart.</summary>
    public required int Rate { get; init; }

    /// <summary>How long dials are measured while nothing else happens.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>How many of the servers are restarted, one after the other.</summary>
    public required int Restarts { get; init; }

    /// <summary>From a server's return to the end of the next, as an orchestrator's minReadySeconds.</summary>
    public required TimeSpan Pause { get; init; }

    /// <summary>Path of the proxy-server.</summary>
    public required string Server { get; init; }

    /// <summary>Of the servers; 0 for their own rate.</summary>
    public required int HandshakeRate { get; init; }

    /// <summary>Folder for what the servers write; null to drop it.</summary>
    public string? Logs { get; init; }

    /// <summary>Told of each step.</summary>
    public required Action<string> OnProgress { get; init; }
}
