namespace ClusterProxy.Protocol;

/// <summary>The additions that both ends of a tunnel announced. Names and meaning: <see cref="TunnelFeatures"/>.</summary>
[Flags]
internal enum TunnelFeatureSet
{
    /// <summary>Upstream's wire.</summary>
    None = 0,

    /// <summary>One direction of a connection can end while the other goes on.</summary>
    HalfClose = 1,

    /// <summary>A connection's sender sends no more than its receiver has granted.</summary>
    Credit = 2,

    /// <summary>The tunnel's round trip can be measured, and its silence noticed.</summary>
    Ping = 4,

    /// <summary>The peer of the server may open lanes beside its tunnel.</summary>
    Lanes = 8,

    /// <summary>A dial carries its trace context, and a connection has one id at every end.</summary>
    Trace = 16,

    /// <summary>The server says when it is about to leave, so that agents look for another in good time.</summary>
    Drain = 64,

    /// <summary>The server says which servers there are.</summary>
    Servers = 32,
}
