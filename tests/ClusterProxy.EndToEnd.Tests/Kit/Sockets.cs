using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>Raw connections to a program's ports.</summary>
internal static class Sockets
{
    public static async Task<NetworkStream> ConnectTcpAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).DefaultTimeout();
        return new NetworkStream(socket, ownsSocket: true);
    }

    public static async Task<Stream> ConnectUnixAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).DefaultTimeout();
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <param name="port">On loopback.</param>
    /// <param name="trusted">Whose servers are accepted.</param>
    /// <param name="client">What is shown; null shows nothing.</param>
    /// <param name="protocol">The one ALPN name offered.</param>
    public static async Task<Stream> ConnectTlsAsync(int port, TestCertificates trusted, TestCertificate? client, string protocol)
    {
        var tls = new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = trusted.Authority.ToBundle,
                KeyPair = client is null ? null : () => KeyPairFile.Load("cert", client.CertificateFile, "key", client.KeyFile),
                OfferHttp2 = protocol == "h2",
                ExtraApplicationProtocols = protocol == "h2" ? [] : [protocol],
            },
            TimeProvider.System);
        var stream = new SslStream(await ConnectTcpAsync(port));
        try
        {
            await stream.AuthenticateAsClientAsync(tls.Begin("localhost").Options).DefaultTimeout();
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
