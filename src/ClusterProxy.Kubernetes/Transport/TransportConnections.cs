using ClusterProxy.Kubernetes.Credentials;

namespace ClusterProxy.Kubernetes.Transport;

/// <summary>The connections of one client certificate. Guarded by the lock of the transport that owns it.</summary>
public sealed class TransportConnections(ClientIdentity? identity, HttpMessageInvoker invoker)
{
    public ClientIdentity? Identity { get; } = identity;

    public HttpMessageInvoker Invoker { get; } = invoker;

    /// <summary>Requests that a disposed handler would fail; the owner says how long one is that.</summary>
    public int Users { get; set; }

    public bool IsRetired { get; set; }

    public void DisposeIfUnused()
    {
        if (IsRetired && Users == 0)
        {
            Invoker.Dispose();
        }
    }
}
