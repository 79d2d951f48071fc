using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Tls;

namespace ClusterProxy.Client.Servers;

/// <summary>Opens connections to the proxy server: TCP or Unix socket, then TLS where the address asks for it.</summary>
/// <remarks>
/// TLS is done here and not by the HTTP handler, so that the certificate is chosen for each handshake and a failure says
/// which check it was. The handler takes a finished <see cref="SslStream"/> as it is.
/// </remarks>
internal sealed class ServerConnector(ServerAddress address, ServerCredentials credentials, TunnelClientOptions options)
{
    private static readonly TimeSpan KeepAliveIdle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(10);
    private const int KeepAliveProbes = 3;

    public ServerAddress Address => address;

    /// <param name="protocol">What TLS negotiates.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ServerConnectException">The server could not be reached or did not pass the checks.</exception>
    public async Task<ServerConnection> ConnectAsync(SslApplicationProtocol protocol, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Socket? socket = null;
        try
        {
            socket = CreateSocket();
            await socket.ConnectAsync(address.EndPoint, both.Token).ConfigureAwait(false);
            return new(await SecureAsync(socket, protocol, both.Token).ConfigureAwait(false), socket);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket?.Dispose();
            throw new ServerConnectException(
                $"the proxy server at {address.Text} did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s; " +
                "check the address and the firewalls between", e);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            // The system's text for a missing socket file speaks of addresses.
            var error = address.EndPoint is UnixDomainSocketEndPoint file && !File.Exists(file.ToString()) ? "there is no such socket" : e.Message;
            throw new ServerConnectException(
                $"cannot connect to the proxy server at {address.Text}: {error}; check that it runs and listens there", e);
        }
        catch (Exception e)
        {
            socket?.Dispose();
            if (e is ServerConnectException or OperationCanceledException)
            {
                throw;
            }

            // Of a function that the application has given, such as the one that says which certificate to show.
            throw new ServerConnectException($"cannot connect to the proxy server at {address.Text}: {e.GetType().Name}: {e.Message}", e);
        }
    }

    private Socket CreateSocket()
    {
        if (address.EndPoint is UnixDomainSocketEndPoint)
        {
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)KeepAliveIdle.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)KeepAliveInterval.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        return socket;
    }

    private async Task<Stream> SecureAsync(Socket socket, SslApplicationProtocol protocol, CancellationToken cancellationToken)
    {
        if (!address.Tls)
        {
            return new NetworkStream(socket, ownsSocket: true);
        }

        if (protocol != LaneProtocol.Alpn)
        {
            return await AuthenticateAsync(new NetworkStream(socket, ownsSocket: true), protocol, cancellationToken).ConfigureAwait(false);
        }

        var inner = new TurnBufferedStream(socket);
        var tls = await AuthenticateAsync(inner, protocol, cancellationToken).ConfigureAwait(false);
        if (tls.NegotiatedApplicationProtocol != protocol)
        {
            throw new ServerConnectException($"the proxy server at {address.Text} takes no lanes");
        }

        inner.BufferWrites();
        return tls;
    }

    private async Task<SslStream> AuthenticateAsync(Stream inner, SslApplicationProtocol protocol, CancellationToken cancellationToken)
    {
        var name = options.ServerName ?? address.Host;
        var check = new ServerCertificateCheck(name);
        var certificate = await credentials.CertificateAsync(cancellationToken).ConfigureAwait(false);
        var authorities = await credentials.AuthoritiesAsync(cancellationToken).ConfigureAwait(false);
        var tls = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = name,
                    ApplicationProtocols = [protocol],
                    ClientCertificateContext = certificate,
                    ClientCertificates = options.ClientCertificates,
                    CertificateChainPolicy = ServerCertificateCheck.ChainPolicy(authorities),
                    RemoteCertificateValidationCallback = options.ServerCertificateValidation ?? check.Validate,
                },
                cancellationToken).ConfigureAwait(false);
            TlsBuffers.ReleaseWhenIdle(tls);
            return tls;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new ServerConnectException(
                $"TLS with the proxy server at {address.Text} failed: {check.Failure ?? Refusal(e, protocol)}", e);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static string Refusal(Exception e, SslApplicationProtocol protocol) => TlsFaultText.IsOfTheProtocol(e)
        ? $"it speaks no {protocol} at that port; use the transport of its --mode, and its frontend port"
        : $"{TlsFaultText.Of(e)}; a server that refuses the client certificate, or gets none, looks like this too";
}
