namespace ClusterProxy.Hosting.Logging;

/// <summary>
/// Lines that others can cause, such as anyone who reaches a port: few enough a second that they can neither crowd others out of a queue
/// nor push them out of the last file. Thread-safe.
/// </summary>
internal sealed class LineRate(TimeProvider time)
{
    public const int PerSecond = 20;

    private readonly Lock _gate = new();
    private long _second = time.GetTimestamp();
    private int _count;
    private long _leftOut;

    /// <param name="leftOut">With a line that may be written: how many before it might not.</param>
    public bool TryTake(out long leftOut)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_second) >= TimeSpan.FromSeconds(1))
            {
                _second = time.GetTimestamp();
                _count = 0;
            }

            var isTaken = _count < PerSecond;
            leftOut = isTaken ? _leftOut : 0;
            _leftOut = isTaken ? 0 : _leftOut + 1;
            _count += isTaken ? 1 : 0;
            return isTaken;
        }
    }
}
