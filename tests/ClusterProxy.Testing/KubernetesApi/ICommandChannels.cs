namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>A client's end of a command in a pod: over WebSocket, or over SPDY.</summary>
internal interface ICommandChannels
{
    /// <summary>Sends all that the client types on, and returns at its end.</summary>
    Task CopyInputAsync(Stream input, CancellationToken cancellationToken);

    /// <param name="channel">1 for output, 2 for errors.</param>
    /// <param name="bytes">As the command wrote them.</param>
    /// <param name="cancellationToken">The client's end.</param>
    Task SendAsync(int channel, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <param name="status">How the command ended, a Status in JSON.</param>
    /// <param name="cancellationToken">The client's end.</param>
    Task EndAsync(ReadOnlyMemory<byte> status, CancellationToken cancellationToken);
}
