namespace ClusterProxy.Gateway.Certificates;

/// <summary>What is kept as certificate or authority is there and cannot be used.</summary>
internal sealed class InvalidAuthorityException(string message, Exception? inner = null) : IOException(message, inner);
