using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace ClusterProxy.Protocol.Tests.Tls;

/// <summary>Both ends of a TLS connection over a real socket.</summary>
internal static class TlsPair
{
    public static async Task<(SslStream Near, SslStream Far)> ConnectAsync(TestCertificates certificates, SslProtocols version = SslProtocols.None)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint!);
        var near = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        var far = new SslStream(new NetworkStream(await listener.AcceptAsync(), ownsSocket: true));
        await Task.WhenAll(
            near.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version }),
            far.AuthenticateAsServerAsync(certificates.Server("localhost").Certificate));
        return (near, far);
    }
}
