namespace ClusterProxy.Kubernetes.Requests;

/// <summary>No answer came: the server could not be reached or trusted, the connection broke, or the deadline passed.</summary>
public sealed class ApiConnectionException : IOException
{
    internal ApiConnectionException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
