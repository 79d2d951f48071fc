namespace ClusterProxy.Hosting.Audit;

/// <summary>
/// Lines that anyone can cause who reaches a port, without a right to anything: few enough a second that they can neither crowd others
/// out of the queue nor push them out of the last file.
/// </summary>
internal sealed class AuditRate(TimeProvider time)
{
    private const int LinesPerSecond = 20;

    private readonly Lock _gate = new();
    private long _second = time.GetTimestamp();
    private int _count;

    public bool TryTake()
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_second) >= TimeSpan.FromSeconds(1))
            {
                _second = time.GetTimestamp();
                _count = 0;
            }

            return _count++ < LinesPerSecond;
        }
    }
}
