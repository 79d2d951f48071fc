namespace ClusterProxy.Client.Servers;

/// <summary>The proxy server could not be reached; the message is fit for the user.</summary>
/// <param name="message">Names the address and what to do.</param>
/// <param name="inner">The fault beneath, if there is one.</param>
internal sealed class ServerConnectException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The one in the chain of causes, if there is one.</summary>
    public static ServerConnectException? In(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is ServerConnectException found)
            {
                return found;
            }
        }

        return null;
    }
}
