using System.Net.Security;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// The client side of one handshake: pass <see cref="Options"/> to
/// <see cref="SslStream.AuthenticateAsClientAsync(SslClientAuthenticationOptions, CancellationToken)"/>; when that throws, <see cref="Server"/> says whether the certificate was the reason and which names it carried.
/// </summary>
public sealed class ClientTlsHandshake
{
    internal ClientTlsHandshake(SslClientAuthenticationOptions options) => Options = options;

    public SslClientAuthenticationOptions Options { get; }

    /// <summary>Null when the handshake did not get as far as the server's certificate.</summary>
    public PeerCertificateResult? Server { get; internal set; }
}
