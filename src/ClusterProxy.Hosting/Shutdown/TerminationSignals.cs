using System.Runtime.InteropServices;

namespace ClusterProxy.Hosting.Shutdown;

/// <summary>
/// The first SIGTERM or SIGINT asks for a graceful end; the second ends the process at once with exit code 1. A host that
/// uses this must not register a console lifetime of its own.
/// </summary>
public sealed class TerminationSignals : IAsyncDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<int> _exit;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private Task _cancelling = Task.CompletedTask;
    private int _received;

    internal TerminationSignals(Action<int> exit) => _exit = exit;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Completed by the first signal.</summary>
    public Task Requested => _requested.Task;

    /// <summary>Listens for the signals of this process until disposed.</summary>
    public static TerminationSignals Listen()
    {
        var signals = new TerminationSignals(Environment.Exit);
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT])
        {
            signals._registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                signals.Receive();
            }));
        }

        return signals;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        await _cancelling;
        _cancellation.Dispose();
    }

    internal void Receive()
    {
        if (Interlocked.Increment(ref _received) > 1)
        {
            _exit(1);
            return;
        }

        // Cancelling runs callbacks; those may be slow, and the second signal must get through to this class meanwhile.
        _cancelling = _cancellation.CancelAsync();
        _requested.TrySetResult();
    }
}
