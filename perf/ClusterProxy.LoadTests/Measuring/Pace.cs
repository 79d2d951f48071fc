using System.Diagnostics;

namespace ClusterProxy.LoadTests.Measuring;

/// <summary>
/// Turns at a steady rate, by a thread of its own: the platform's timers tick with the kernel, four milliseconds apart, and would let
/// requests go in bursts that wait for each other.
/// </summary>
internal sealed class Pace : IDisposable
{
    private readonly SemaphoreSlim _turns = new(0);
    private readonly Thread _thread;
    private readonly int _perSecond;
    private volatile bool _isOver;

    public Pace(int perSecond)
    {
        _perSecond = perSecond;
        _thread = new Thread(Run) { IsBackground = true, Name = "pace" };
        _thread.Start();
    }

    public Task NextAsync() => _turns.WaitAsync();

    /// <summary>When nobody waits for a turn any more.</summary>
    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
        _turns.Dispose();
    }

    private void Run()
    {
        var start = Stopwatch.GetTimestamp();
        var given = 0L;
        while (!_isOver)
        {
            var due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * _perSecond) - given;
            if (due > 0)
            {
                _turns.Release((int)due);
                given += due;
            }

            Thread.Sleep(1);
        }
    }
}
