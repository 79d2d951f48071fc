namespace ClusterProxy.Agent.Servers;

/// <summary>An attempt to open a tunnel failed. The message names the address and what to look at.</summary>
internal sealed class ServerConnectException(ConnectStep step, string message, Exception? inner = null) : Exception(message, inner)
{
    public ConnectStep Step { get; } = step;
}
