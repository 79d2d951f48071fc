namespace ClusterProxy.Client.Tunnels;

/// <summary>This end of one proxied connection, whatever carries it. One reader and one writer at a time.</summary>
internal interface IStreamEnd
{
    /// <summary>By which server and agent name the connection; empty when they do not say.</summary>
    string ConnectionId { get; }

    /// <summary>Whether the carrier and the far end pass an end of stream in one direction on.</summary>
    bool CanHalfClose { get; }

    /// <summary>Reads like <see cref="Stream.ReadAsync(Memory{byte}, CancellationToken)"/>; an empty buffer waits for data.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Takes all bytes; they are on their way afterwards, not necessarily at the target.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Ends the writing direction behind the last byte. Called only if <see cref="CanHalfClose"/>.</summary>
    void CompleteWrites();

    /// <summary>
    /// Ends the connection behind the last byte without waiting for it. A pending read ends with 0. The dialer's disposal lets it
    /// finish, for at most the close timeout.
    /// </summary>
    void BeginClose();

    /// <summary>As <see cref="BeginClose"/>, and waits until the far end knows.</summary>
    /// <exception cref="IOException">It did not acknowledge.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the closing goes on.</exception>
    Task CloseAsync(CancellationToken cancellationToken);

    /// <summary>Ends the connection at once; bytes on their way may be lost.</summary>
    void Abort();
}
