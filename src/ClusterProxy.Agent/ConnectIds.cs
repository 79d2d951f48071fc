namespace ClusterProxy.Agent;

/// <summary>
/// By which servers know the agent's connections. Upstream's server looks them up by agent and id, whichever tunnel of the agent they came
/// by, and for a while there may be two: so they are unique in the process.
/// </summary>
internal sealed class ConnectIds
{
    private long _last;

    public long Next() => Interlocked.Increment(ref _last);
}
