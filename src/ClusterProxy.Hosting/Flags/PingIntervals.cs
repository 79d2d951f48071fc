namespace ClusterProxy.Hosting.Flags;

/// <summary>How two flags that ask for HTTP/2 pings come to one interval.</summary>
public static class PingIntervals
{
    /// <summary>Neither Kestrel nor SocketsHttpHandler pings more often.</summary>
    private static readonly TimeSpan _least = TimeSpan.FromSeconds(1);

    /// <summary>The shorter of the two, where zero asks for none; null when both do.</summary>
    public static TimeSpan? Shorter(TimeSpan one, TimeSpan other)
    {
        TimeSpan? shorter = (one > TimeSpan.Zero, other > TimeSpan.Zero) switch
        {
            (true, true) => one < other ? one : other,
            (true, false) => one,
            (false, true) => other,
            _ => null,
        };
        return shorter < _least ? _least : shorter;
    }
}
