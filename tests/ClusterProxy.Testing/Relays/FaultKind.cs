namespace ClusterProxy.Testing.Relays;

/// <summary>What can befall a relay. Up to <see cref="Stall"/> nothing is lost; from <see cref="Cut"/> on connections end.</summary>
public enum FaultKind
{
    Delay,
    Rate,
    Fragments,
    Stall,

    /// <summary>FIN on both sides, in the middle of what is being sent.</summary>
    Cut,

    /// <summary>RST on both sides, in the middle of what is being sent.</summary>
    Reset,

    /// <summary>FIN in one direction while the other goes on.</summary>
    HalfClose,

    /// <summary>One direction is dropped and acknowledged for a while; then RST.</summary>
    BlackHole,
}
