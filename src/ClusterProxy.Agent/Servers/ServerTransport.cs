using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using ClusterProxy.Agent.Sockets;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Tls;

namespace ClusterProxy.Agent.Servers;

/// <summary>From an address to an authenticated byte stream: resolve, TCP, a proxy if the environment names one, TLS.</summary>
internal sealed class ServerTransport(ServerConnectorOptions options, NameLookup lookup, TimeProvider time)
{
    private readonly TcpRace _race = new(time);
    private readonly ConnectDeadline _deadline = new(options.StepTimeout, time);

    /// <param name="server">Where to.</param>
    /// <param name="turn">Which of several addresses of a name comes first.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ServerConnectException">A step failed.</exception>
    public async Task<(Stream Stream, ServerRemote Remote)> OpenAsync(ServerAddress server, int turn, CancellationToken cancellationToken)
    {
        var (host, port, what) = options.Proxy.AppliesTo(server)
            ? (options.Proxy.Host, options.Proxy.Port, "proxy")
            : (server.Host, server.Port, "server");
        var addresses = await _deadline.RunAsync(
            ConnectStep.Resolve, $"resolving {what} {host}", token => ResolveAsync(host, what, token), cancellationToken);
        var order = AddressOrder.Rotate(AddressOrder.Interleave(addresses), options.Proxy.AppliesTo(server) ? 0 : turn);
        var (socket, remote) = await ConnectAsync(server, [.. order.Select(a => new IPEndPoint(a, port))], cancellationToken);
        var tls = await SecureAsync(socket, new NetworkStream(socket, ownsSocket: true), remote, isLane: false, cancellationToken);
        return (tls, remote);
    }

    /// <summary>Opens a connection for a lane to where the tunnel went.</summary>
    /// <exception cref="ServerConnectException">A step failed.</exception>
    public async Task<(SslStream Stream, Socket Socket)> OpenLaneAsync(ServerRemote remote, CancellationToken cancellationToken)
    {
        var (socket, _) = await ConnectAsync(remote.Server, [remote.EndPoint], cancellationToken);
        var stream = new TurnBufferedStream(socket);
        var tls = await SecureAsync(socket, stream, remote, isLane: true, cancellationToken);
        stream.BufferWrites();
        return (tls, socket);
    }

    private Task<(Socket Socket, ServerRemote Remote)> ConnectAsync(
        ServerAddress server, IReadOnlyList<IPEndPoint> endPoints, CancellationToken cancellationToken)
    {
        var (host, what) = options.Proxy.AppliesTo(server) ? (options.Proxy.Host, "proxy") : (server.Host, "server");
        return _deadline.RunAsync(
            ConnectStep.Tcp,
            $"connecting to {what} {string.Join(", ", endPoints.Select(static e => TargetAddress.Join(e.Address, e.Port)))}",
            async token =>
            {
                var attempt = await _race.ConnectAsync(endPoints, token);
                var address = TargetAddress.Join(attempt.EndPoint.Address, attempt.EndPoint.Port);
                var socket = attempt.Socket ?? throw new ServerConnectException(
                    ConnectStep.Tcp,
                    $"{what} {host}: " + DialErrorText.Connect(attempt.EndPoint.Address, attempt.EndPoint.Port, attempt.Failure!)
                    + $"; check that it listens there and the network leads to it, and {FlagsOf(what)}", attempt.Failure);
                var text = options.Proxy.AppliesTo(server) ? $"{server} through {options.Proxy}" : address;
                return (socket, new ServerRemote(server, attempt.EndPoint, text));
            },
            cancellationToken);
    }

    private async Task<IPAddress[]> ResolveAsync(string host, string what, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await lookup.ResolveAsync(host, cancellationToken);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.NoData);
        }
        catch (SocketException e)
        {
            throw new ServerConnectException(
                ConnectStep.Resolve, $"{what} {host}: {DialErrorText.Lookup(host, e.SocketErrorCode)}; check this machine's DNS, and {FlagsOf(what)}", e);
        }
    }

    private static string FlagsOf(string what) => what == "proxy" ? "HTTPS_PROXY" : "--proxy-server-host and --proxy-server-port";

    private Task<bool> ThroughProxyAsync(Stream stream, ServerAddress server, CancellationToken cancellationToken) => _deadline.RunAsync(
        ConnectStep.Proxy, $"the proxy {options.Proxy} of HTTPS_PROXY, asked for {server},",
        async token =>
        {
            try
            {
                await HttpConnect.EstablishAsync(stream, server.ToString(), options.Proxy.Authorization, token);
                return true;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                throw new ServerConnectException(
                    ConnectStep.Proxy, $"the proxy {options.Proxy} of HTTPS_PROXY did not let through to {server}: {e.Message}", e);
            }
        },
        cancellationToken);

    /// <summary>The proxy, if there is one, and TLS. The socket is closed when that fails.</summary>
    private async Task<SslStream> SecureAsync(
        Socket socket, Stream stream, ServerRemote remote, bool isLane, CancellationToken cancellationToken)
    {
        try
        {
            if (options.Proxy.AppliesTo(remote.Server))
            {
                await ThroughProxyAsync(stream, remote.Server, cancellationToken);
            }

            return await AuthenticateAsync(stream, remote, isLane, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Task<SslStream> AuthenticateAsync(
        Stream stream, ServerRemote remote, bool isLane, CancellationToken cancellationToken) => _deadline.RunAsync(
        ConnectStep.Tls, $"the TLS handshake with {remote.Address}",
        async token =>
        {
            var handshake = options.Tls.Begin(remote.Server.Identity);
            if (isLane)
            {
                handshake.Options.ApplicationProtocols =
                    [.. handshake.Options.ApplicationProtocols?.Where(static p => p != SslApplicationProtocol.Http2) ?? [], LaneProtocol.Alpn];
            }

            var tls = new SslStream(stream);
            try
            {
                await tls.AuthenticateAsClientAsync(handshake.Options, token);
                TlsBuffers.ReleaseWhenIdle(tls);
                return !isLane || tls.NegotiatedApplicationProtocol == LaneProtocol.Alpn
                    ? tls
                    : throw new AuthenticationException($"the peer does not speak {LaneProtocol.Alpn}");
            }
            catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
            {
                await tls.DisposeAsync();
                throw new ServerConnectException(ConnectStep.Tls, Explain(remote.Server, remote.Address, handshake, e), e);
            }
        },
        cancellationToken);

    private static string Explain(ServerAddress server, string address, ClientTlsHandshake handshake, Exception fault) =>
        handshake.Server is { IsAccepted: false } certificate
            ? $"the certificate of {server} ({address}) is not accepted, {certificate.Reason}: {certificate.Detail}; " +
              $"subject \"{certificate.Subject}\", issuer \"{certificate.Issuer}\", names [{certificate.Names}]; {Remedy(certificate.Verdict)}"
            : $"the TLS handshake with {server} ({address}) failed: {TlsFaultText.Of(fault)}; check that it is a proxy-server's agent port";

    private static string Remedy(PeerVerdict verdict) => verdict switch
    {
        PeerVerdict.WrongName => "name the server in --proxy-server-host as its certificate does, or issue one that bears this name",
        PeerVerdict.Expired or PeerVerdict.NotYetValid => "renew it, and compare the clocks",
        _ => "check that this is the agent port, and that --ca-cert holds the authority of its certificate",
    };
}
