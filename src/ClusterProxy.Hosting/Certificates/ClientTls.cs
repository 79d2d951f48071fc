using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>Builds the TLS side of connections that this process opens. One instance serves any number of handshakes.</summary>
public sealed class ClientTls(ClientTlsOptions options, TimeProvider time)
{
    /// <param name="serverName">DNS name or IP literal that the certificate must carry; also sent as SNI unless it is an IP.</param>
    public ClientTlsHandshake Begin(string serverName)
    {
        var anchors = options.ServerCa?.Invoke();
        var handshake = new ClientTlsHandshake(new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = options.ApplicationProtocols(),
            AllowRenegotiation = false,
            AllowTlsResume = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                TrustMode = anchors is null ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
            },
        });
        handshake.Options.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            var shown = certificate as X509Certificate2;
            var name = options.RoleObjection is null ? serverName : null;
            handshake.Server = PeerCertificateCheck.Check(
                shown, TlsHandshake.PresentedBy(chain), anchors, PeerUsage.Server, name, time);
            if (handshake.Server.IsAccepted && options.RoleObjection?.Invoke(shown!) is { } detail)
            {
                handshake.Server = handshake.Server.But(PeerVerdict.WrongPlane, detail);
            }

            return handshake.Server.IsAccepted;
        };
        if (options.KeyPair is { } keyPair)
        {
            // The context, unlike a certificate collection, also sends the intermediates and is not filtered by the server's CA list.
            handshake.Options.ClientCertificateContext = keyPair().Context;
        }

        return handshake;
    }
}
