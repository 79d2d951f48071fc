namespace ClusterProxy.Server;

/// <summary>Who is at the other end of a stream of packets. Asked when there is something to say of it, and not before.</summary>
internal interface IStreamPeer
{
    /// <summary>By the names that its certificate or its own words give it.</summary>
    string Who { get; }

    /// <summary>Its address.</summary>
    string Address { get; }
}
