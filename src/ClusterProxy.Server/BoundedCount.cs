namespace ClusterProxy.Server;

/// <summary>Counts what is there at one time, up to a limit; from any thread.</summary>
/// <param name="limit">The most.</param>
internal class BoundedCount(long limit)
{
    private long _count;

    /// <summary>False when the limit is reached: then nothing was entered.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= limit)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _count);
}
