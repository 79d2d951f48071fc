namespace ClusterProxy.Client.Tunnels;

/// <summary>
/// Opens connections through the proxy server by one transport. Disposing cuts them, but for those that are being closed: it waits
/// for these, each for at most the close timeout.
/// </summary>
internal interface IDialer : IAsyncDisposable
{
    /// <exception cref="TunnelConnectException">The dial failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing else is thrown for that.</exception>
    Task<IStreamEnd> DialAsync(TunnelTarget target, CancellationToken cancellationToken);
}
