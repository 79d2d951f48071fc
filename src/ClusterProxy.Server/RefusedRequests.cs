namespace ClusterProxy.Server;

/// <summary>Tells of requests that were refused before they were a dial or an agent's call: log and metric.</summary>
/// <param name="metrics">Count them.</param>
/// <param name="logger">Says why.</param>
internal sealed class RefusedRequests(ServerMetrics metrics, ILogger logger)
{
    /// <param name="peer">Where it came from.</param>
    /// <param name="status">Of HTTP, as it was answered.</param>
    /// <param name="reason">As it was answered.</param>
    public void Connect(string peer, int status, string reason)
    {
        metrics.RequestRefused("http-connect", $"{status}");
        logger.ConnectRefused(peer, status, reason);
    }

    /// <param name="peer">Where it came from.</param>
    /// <param name="status">Of gRPC by name, or of HTTP.</param>
    /// <param name="reason">As it was answered.</param>
    public void Call(string peer, string status, string reason)
    {
        metrics.RequestRefused("grpc", status);
        logger.CallRefused(peer, status, reason);
    }
}
