using System.Runtime.CompilerServices;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>Something that happens once. Whoever waits for it goes on in a step of its own.</summary>
internal sealed class SimulatedEvent(SimulatedScheduler scheduler) : ICriticalNotifyCompletion
{
    private readonly List<Action> _waiting = [];

    public bool IsCompleted { get; private set; }

    public SimulatedEvent GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void Set()
    {
        IsCompleted = true;
        foreach (var continuation in _waiting)
        {
            scheduler.Schedule(static action => ((Action)action!)(), continuation);
        }

        _waiting.Clear();
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (IsCompleted)
        {
            scheduler.Schedule(static action => ((Action)action!)(), continuation);
        }
        else
        {
            _waiting.Add(continuation);
        }
    }
}
