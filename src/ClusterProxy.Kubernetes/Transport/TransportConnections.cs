using ClusterProxy.Kubernetes.Credentials;

namespace ClusterProxy.Kubernetes.Transport;

/// <summary>
/// A transport's connections. A client certificate belongs to its connections, so a new one gets new connections, and what runs on the
/// old ones, such as a watch, runs on to its end.
/// </summary>
/// <param name="handler">Makes the connections of one client certificate.</param>
public sealed class TransportConnections(Func<ClientIdentity?, HttpMessageHandler> handler)
{
    private readonly Lock _gate = new();
    private RentedInvoker? _current;
    private int _users;
    private bool _isRetired;

    public bool IsUnused
    {
        get
        {
            lock (_gate)
            {
                return _users == 0;
            }
        }
    }

    /// <summary>Must be returned when what was sent needs its connection no more.</summary>
    public RentedInvoker Rent(ClientIdentity? identity)
    {
        lock (_gate)
        {
            if (_current is null || !ReferenceEquals(_current.Identity, identity))
            {
                RetireCurrent();
                _current = new RentedInvoker(identity, new HttpMessageInvoker(handler(identity)));
            }

            var rented = _current;
            rented.Users++;
            _users++;
            if (_isRetired)
            {
                // Rented just before: it ends with this request.
                RetireCurrent();
            }

            return rented;
        }
    }

    public void Return(RentedInvoker rented)
    {
        lock (_gate)
        {
            _users--;
            rented.Users--;
            rented.DisposeIfUnused();
        }
    }

    /// <summary>Closes what is idle now and the rest when it is over.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _isRetired = true;
            RetireCurrent();
        }
    }

    /// <summary>Must hold _gate.</summary>
    private void RetireCurrent()
    {
        if (_current is { } old)
        {
            old.IsRetired = true;
            old.DisposeIfUnused();
            _current = null;
        }
    }
}
