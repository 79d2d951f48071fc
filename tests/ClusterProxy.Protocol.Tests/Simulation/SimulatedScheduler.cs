using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>Holds every step back that anyone wants to take; the seed picks which is next. One thread runs them all.</summary>
internal sealed class SimulatedScheduler(Random random) : PipeScheduler
{
    private readonly List<(Action<object?> Action, object? State)> _steps = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile string? _stranger;

    public int Count => _steps.Count;

    /// <summary>Steps taken.</summary>
    public int Taken { get; private set; }

    /// <summary>Where a hop came from that did not go through this scheduler: then a seed repeats nothing.</summary>
    public string? Stranger => _stranger;

    public override void Schedule(Action<object?> action, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            _stranger = Environment.StackTrace;
            return;
        }

        _steps.Add((action, state));
    }

    /// <summary>False when nobody has anything to do.</summary>
    public bool RunOne()
    {
        if (_steps.Count == 0)
        {
            return false;
        }

        var at = random.Next(_steps.Count);
        var (action, state) = _steps[at];
        _steps[at] = _steps[^1];
        _steps.RemoveAt(_steps.Count - 1);
        Taken++;
        action(state);
        return true;
    }

    /// <summary>Lets others go first, for a while that the seed decides.</summary>
    public Awaiter YieldAsync() => new(this);

    internal readonly struct Awaiter(SimulatedScheduler scheduler) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Awaiter GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) =>
            scheduler.Schedule(static action => ((Action)action!)(), continuation);
    }
}
