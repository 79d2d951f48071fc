namespace ClusterProxy.Server.Frontend;

/// <summary>The ids by which frontends know their connections: counted over the whole server, so that each is in the log once.</summary>
internal sealed class ConnectionIds
{
    private long _last;

    public long Next() => Interlocked.Increment(ref _last);
}
