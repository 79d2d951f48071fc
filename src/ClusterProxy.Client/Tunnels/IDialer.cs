namespace ClusterProxy.Client.Tunnels;

/// <summary>Opens connections through the proxy server by one transport. Disposing ends them all.</summary>
internal interface IDialer : IAsyncDisposable
{
    /// <exception cref="TunnelConnectException">The dial failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing else is thrown for that.</exception>
    Task<IStreamEnd> DialAsync(TunnelTarget target, CancellationToken cancellationToken);
}
