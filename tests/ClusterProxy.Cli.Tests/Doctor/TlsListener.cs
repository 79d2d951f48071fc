using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>Does a TLS handshake with a certificate of the test's choice and closes.</summary>
/// <param name="certificate">With its key.</param>
public sealed class TlsListener(X509Certificate2 certificate) : LoopbackTarget
{
    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var tls = new SslStream(new NetworkStream(socket));
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    // As given: nothing that the platform finds is sent along.
                    ServerCertificateContext = SslStreamCertificateContext.Create(certificate, [], offline: true),
                    ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                },
                cancellationToken);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // The client did not like it, which is what it is for.
        }
    }
}
