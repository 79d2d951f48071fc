namespace ClusterProxy.Server.Frontend;

/// <summary>What one frontend has of the connections through this server, whichever way it came: dials count from their start.</summary>
/// <param name="limit">The most.</param>
internal sealed class FrontendShare(int limit)
{
    private int _taken;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= limit)
        {
            return true;
        }

        Release();
        return false;
    }

    public void Release() => Interlocked.Decrement(ref _taken);
}
