namespace ClusterProxy.Hosting.Endpoints;

/// <summary>Where a plain-HTTP host listens, and the flags that said so.</summary>
public sealed record PlainHttpEndpoint
{
    /// <summary>Without dashes, for error texts.</summary>
    public required string PortFlag { get; init; }

    /// <summary>0 takes any free port.</summary>
    public required int Port { get; init; }

    /// <summary>Without dashes, for error texts.</summary>
    public required string AddressFlag { get; init; }

    /// <summary>Empty means every address.</summary>
    public required string Address { get; init; }
}
