namespace ClusterProxy.Hosting.Certificates;

/// <summary>What lets a handshake begin. It ends once, by whoever first finds the work that it stands for done.</summary>
/// <param name="end">Told then.</param>
public sealed class HandshakePermit(Action end) : IDisposable
{
    private Action? _end = end;

    public bool IsOver => Volatile.Read(ref _end) is null;

    public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
}
