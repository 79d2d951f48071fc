using ClusterProxy.Kubernetes.Credentials;

namespace ClusterProxy.Kubernetes.Transport;

/// <summary>The connections of one client certificate. Guarded by the lock of <see cref="TransportConnections"/>.</summary>
public sealed class RentedInvoker
{
    internal RentedInvoker(ClientIdentity? identity, HttpMessageInvoker invoker) => (Identity, Invoker) = (identity, invoker);

    public HttpMessageInvoker Invoker { get; }

    internal ClientIdentity? Identity { get; }

    /// <summary>Requests that a disposed handler would fail; who rents says how long one is that.</summary>
    internal int Users { get; set; }

    internal bool IsRetired { get; set; }

    internal void DisposeIfUnused()
    {
        if (IsRetired && Users == 0)
        {
            Invoker.Dispose();
        }
    }
}
