using System.Net.Security;

namespace ClusterProxy.Protocol.Tls;

/// <summary>
/// Ends one direction of a TLS stream whose other one is read. <see cref="SslStream.ShutdownAsync"/> has OpenSSL look for the peer's
/// end, too, and takes no lock against a read that decrypts at that moment: two threads would work on one state. So the read is asked
/// to return first.
/// <code>
///   idle ─ enter ─▶ reading ─ exit ─▶ idle
///    │                 └ send: the read is interrupted ─▶ wanted ─ exit ─┐
///    └ send ─▶ sending ◀────────────────────────────────────────────────┘
///                 └ sent ─▶ idle
/// </code>
/// </summary>
internal sealed class TlsEnd
{
    private const int Idle = 0;
    private const int Reading = 1;
    private const int Wanted = 2;
    private const int Sending = 3;

    private readonly TaskCompletionSource _readReturned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    /// <summary>Before a read; <see cref="ExitRead"/> must follow. One read at a time.</summary>
    public ValueTask EnterReadAsync() =>
        Interlocked.CompareExchange(ref _state, Reading, Idle) == Idle ? ValueTask.CompletedTask : new(EnterWhenSentAsync());

    public void ExitRead()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Reading) == Wanted)
        {
            Interlocked.Exchange(ref _state, Sending);
            _readReturned.SetResult();
        }
    }

    /// <summary>Sends <c>close_notify</c>. Call it once, with no write under way.</summary>
    /// <param name="stream">Whose reads are between enter and exit.</param>
    /// <param name="interruptRead">Makes a read that waits return; it may go on behind this.</param>
    /// <exception cref="IOException">
    /// The connection is broken, or the session has failed before. For the latter the platform has exceptions of its own, some of a type
    /// that nobody can name, and all of them are the peer's affair.
    /// </exception>
    public async Task SendAsync(SslStream stream, Action interruptRead)
    {
        while (Interlocked.CompareExchange(ref _state, Sending, Idle) != Idle)
        {
            if (Interlocked.CompareExchange(ref _state, Wanted, Reading) == Reading)
            {
                interruptRead();
                await _readReturned.Task.ConfigureAwait(false);
                break;
            }
        }

        try
        {
            await stream.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (IOException or InvalidOperationException or OperationCanceledException))
        {
            throw new IOException("TLS cannot be ended in order any more", e);
        }
        finally
        {
            Interlocked.Exchange(ref _state, Idle);
            _sent.SetResult();
        }
    }

    private async Task EnterWhenSentAsync()
    {
        await _sent.Task.ConfigureAwait(false);
        Interlocked.Exchange(ref _state, Reading);
    }
}
