using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>What callers of the gateway need below HTTP.</summary>
internal static class Wire
{
    /// <param name="authority">Of the gateway's certificate.</param>
    /// <param name="certificate">What the caller proves; null for nothing.</param>
    public static SocketsHttpHandler Handler(X509Certificate2 authority, TestCertificate? certificate) => new()
    {
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = certificate is null ? [] : [certificate.Certificate],
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            },
        },
    };

    /// <summary>A TLS connection for HTTP/1.1 on which the test says every byte.</summary>
    /// <param name="url">The gateway's.</param>
    /// <param name="authority">Of its certificate.</param>
    /// <param name="certificate">What the caller proves; null for nothing.</param>
    public static async Task<SslStream> DialAsync(Uri url, X509Certificate2 authority, TestCertificate? certificate = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, url.Port).DefaultTimeout();
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var tls = Handler(authority, certificate).SslOptions;
        tls.TargetHost = "localhost";
        tls.ApplicationProtocols = [SslApplicationProtocol.Http11];
        await stream.AuthenticateAsClientAsync(tls).DefaultTimeout();
        return stream;
    }

    /// <summary>The head of an answer, its empty line included, and not a byte more.</summary>
    public static async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one).DefaultTimeout() == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
