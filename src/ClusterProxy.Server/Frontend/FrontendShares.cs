using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// A share for each certificate that frontends show, by its fingerprint, for as long as one of its connections to this server is there.
/// Who comes by a Unix socket is on this machine, and shares nothing.
/// </summary>
/// <param name="limit">Of each share.</param>
internal sealed class FrontendShares(int limit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (FrontendShare Share, int Users)> _shares = new(StringComparer.Ordinal);

    /// <summary>Puts the share on each connection.</summary>
    public ConnectionDelegate Use(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
        {
            await next(connection);
            return;
        }

        var key = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        connection.Features.Set(Enter(key));
        try
        {
            await next(connection);
        }
        finally
        {
            Leave(key);
        }
    };

    private FrontendShare Enter(string key)
    {
        lock (_gate)
        {
            var (share, users) = _shares.TryGetValue(key, out var known) ? known : (new FrontendShare(limit), 0);
            _shares[key] = (share, users + 1);
            return share;
        }
    }

    private void Leave(string key)
    {
        lock (_gate)
        {
            var (share, users) = _shares[key];
            if (users == 1)
            {
                _shares.Remove(key);
            }
            else
            {
                _shares[key] = (share, users - 1);
            }
        }
    }
}
