namespace ClusterProxy.Testing.Relays;

/// <summary>How good the way is in one direction of a relay. Nothing is lost by any of it.</summary>
public sealed record RelayConditions
{
    public static RelayConditions Perfect { get; } = new();

    /// <summary>How long each byte is held back; what follows it is held back meanwhile, not added up.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>A random part of this comes on top of <see cref="Delay"/>.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Shared by all connections, as a link is; 0 is no limit.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Bytes leave in pieces of random size, up to this; 0 leaves them as they came.</summary>
    public int MaxPiece { get; init; }
}
