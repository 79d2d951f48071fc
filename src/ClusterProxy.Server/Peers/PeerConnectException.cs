namespace ClusterProxy.Server.Peers;

/// <summary>Another server could not be reached, or did not pass the checks. The message is for the operator.</summary>
internal sealed class PeerConnectException(string message, Exception? inner = null) : IOException(message, inner);
