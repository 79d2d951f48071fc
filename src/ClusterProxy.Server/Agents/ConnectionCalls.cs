namespace ClusterProxy.Server.Agents;

/// <summary>
/// The calls that an agent has on one connection. Each is a tunnel with all that belongs to it, while only connections are counted by
/// certificate. It is no limit of HTTP/2, which Kestrel takes for one on what it keeps of streams that were reset: where that is small,
/// a connection that opens and resets many at once never ends for it.
/// </summary>
internal sealed class ConnectionCalls() : BoundedCount(Most)
{
    /// <summary>One tunnel, which is all that our agent and upstream's open, and others whose end is on its way.</summary>
    public const int Most = 16;
}
