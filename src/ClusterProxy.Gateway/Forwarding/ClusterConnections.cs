using ClusterProxy.Kubernetes.Credentials;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>The connections of one client certificate to one cluster. Guarded by the lock of the transport that owns it.</summary>
internal sealed class ClusterConnections(ClientIdentity? identity, HttpMessageInvoker invoker)
{
    public ClientIdentity? Identity { get; } = identity;

    public HttpMessageInvoker Invoker { get; } = invoker;

    /// <summary>Requests that run, to their last byte.</summary>
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
