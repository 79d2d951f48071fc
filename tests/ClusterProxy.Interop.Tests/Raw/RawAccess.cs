using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>Connections to a server's ports on which a test says whatever it likes.</summary>
public static class RawAccess
{
    /// <summary>The one method that a port serves.</summary>
    public static string MethodOf(ServerPort port) => port == ServerPort.Agent ? "/AgentService/Connect" : "/ProxyService/Proxy";

    /// <summary>With TLS and a client certificate, where the port has them.</summary>
    /// <param name="server">The server.</param>
    /// <param name="port">Of it.</param>
    /// <param name="applicationProtocols">Offered by ALPN.</param>
    public static async Task<Stream> OpenAsync(ServerProgram server, ServerPort port, params string[] applicationProtocols)
    {
        if (port == ServerPort.FrontendSocket)
        {
            var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await unix.ConnectAsync(new UnixDomainSocketEndPoint(server.SocketPath)).DefaultTimeout();
            return new NetworkStream(unix, ownsSocket: true);
        }

        var certificates = port == ServerPort.Agent ? server.Agents : server.Frontends;
        var stream = new SslStream(await OpenTcpAsync(server, port));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            ClientCertificates = [certificates.Client().Certificate],
            ApplicationProtocols = [.. applicationProtocols.Select(p => new SslApplicationProtocol(p))],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        }).DefaultTimeout();
        return stream;
    }

    /// <summary>Without TLS, although the port wants it.</summary>
    public static async Task<Stream> OpenTcpAsync(ServerProgram server, ServerPort port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var number = port == ServerPort.Agent ? server.AgentPort : server.FrontendPort;
        await socket.ConnectAsync(IPAddress.Loopback, number).DefaultTimeout();
        return new NetworkStream(socket, ownsSocket: true);
    }

    public static HttpClient CreateHttpClient(ServerProgram server, ServerPort port) =>
        new(new SocketsHttpHandler { ConnectCallback = async (_, _) => await OpenAsync(server, port, "h2") })
        {
            BaseAddress = new Uri("http://localhost"),
        };

    /// <summary>Reads until the other side has closed; a reset is an end like any other.</summary>
    public static async Task<byte[]> ReadToEndAsync(Stream stream)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer).DefaultTimeout() is > 0 and var read)
            {
                all.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // Reset.
        }

        return all.ToArray();
    }
}
