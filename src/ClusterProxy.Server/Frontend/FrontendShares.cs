using System.Security.Cryptography;
using ClusterProxy.Server.Policy;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// A share for each certificate that frontends show, by its fingerprint, and for each user who comes by a Unix socket, for as long as one
/// of its connections to this server is there.
/// </summary>
/// <param name="limit">Of each share.</param>
internal sealed class FrontendShares(int limit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (FrontendShare Share, int Users)> _shares = new(StringComparer.Ordinal);

    /// <summary>Puts the share on each connection.</summary>
    public ConnectionDelegate Use(ConnectionDelegate next) => async connection =>
    {
        if (KeyOf(connection) is not { } key)
        {
            await next(connection);
            return;
        }

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

    /// <summary>Null for a user whom the kernel does not tell.</summary>
    private static string? KeyOf(ConnectionContext connection) =>
        connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate?.GetCertHashString(HashAlgorithmName.SHA256)
        ?? FrontendSubject.Of(connection).User;

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
