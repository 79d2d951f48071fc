using System.Runtime.CompilerServices;

namespace ClusterProxy.Hosting.Transport;

/// <summary>Awaited once: what comes after it is the turn.</summary>
/// <param name="turns">Of these.</param>
public sealed class AwaitedTurn(HandshakeTurns turns) : ICriticalNotifyCompletion, IThreadPoolWorkItem
{
    private Action? _goOn;

    /// <summary>Never: a turn that is there already is waited for, too.</summary>
    public bool IsCompleted { get; }

    public AwaitedTurn GetAwaiter() => this;

    public void GetResult()
    {
        // It cannot fail.
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        _goOn = continuation;
        turns.Queue(this);
    }

    void IThreadPoolWorkItem.Execute() => _goOn!();
}
