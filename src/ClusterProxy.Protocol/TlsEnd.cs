using System.Net.Security;
using System.Security.Cryptography;

namespace ClusterProxy.Protocol;

/// <summary>The alert that ends TLS in order.</summary>
internal static class TlsEnd
{
    /// <exception cref="IOException">
    /// The connection is broken. The platform says so by an exception of its cryptography when the session has failed before, which is no
    /// less the peer's affair.
    /// </exception>
    public static async ValueTask EndAsync(this SslStream tls)
    {
        try
        {
            await tls.ShutdownAsync().ConfigureAwait(false);
        }
        catch (CryptographicException e)
        {
            throw new IOException("TLS cannot be ended in order any more", e);
        }
    }
}
