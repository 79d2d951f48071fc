using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using ClusterProxy.Agent.Sockets;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Hosting.Certificates;

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
    public async Task<(Stream Stream, string Address)> OpenAsync(ServerAddress server, int turn, CancellationToken cancellationToken)
    {
        var proxied = options.Proxy.AppliesTo(server);
        var (socket, address) = proxied
            ? await ConnectAsync(options.Proxy.Host, options.Proxy.Port, turn: 0, "proxy", cancellationToken)
            : await ConnectAsync(server.Host, server.Port, turn, "server", cancellationToken);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            if (proxied)
            {
                await ThroughProxyAsync(stream, server, cancellationToken);
                address = $"{server} through {options.Proxy}";
            }

            stream = await SecureAsync(stream, server, address, cancellationToken);
            return (stream, address);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task<(Socket Socket, string Address)> ConnectAsync(
        string host, int port, int turn, string what, CancellationToken cancellationToken)
    {
        var addresses = await _deadline.RunAsync(
            ConnectStep.Resolve, $"resolving {what} {host}", token => ResolveAsync(host, token), cancellationToken);
        var order = AddressOrder.Rotate(AddressOrder.Interleave(addresses), turn);
        return await _deadline.RunAsync(
            ConnectStep.Tcp, $"connecting to {what} {string.Join(", ", order.Select(a => TargetAddress.Join(a, port)))}",
            async token =>
            {
                var attempt = await _race.ConnectAsync([.. order.Select(a => new IPEndPoint(a, port))], token);
                var address = TargetAddress.Join(attempt.EndPoint.Address, port);
                return (attempt.Socket ?? throw new ServerConnectException(
                    ConnectStep.Tcp, $"{what} {host}: " + DialErrorText.Connect(attempt.EndPoint.Address, port, attempt.Failure!), attempt.Failure), address);
            },
            cancellationToken);
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await lookup.ResolveAsync(host, cancellationToken);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.NoData);
        }
        catch (SocketException e)
        {
            throw new ServerConnectException(ConnectStep.Resolve, DialErrorText.Lookup(host, e.SocketErrorCode), e);
        }
    }

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

    private Task<Stream> SecureAsync(Stream stream, ServerAddress server, string address, CancellationToken cancellationToken) =>
        _deadline.RunAsync<Stream>(
            ConnectStep.Tls, $"the TLS handshake with {address}",
            async token =>
            {
                var handshake = options.Tls.Begin(server.Host);
                var tls = new SslStream(stream);
                try
                {
                    await tls.AuthenticateAsClientAsync(handshake.Options, token);
                    return tls;
                }
                catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
                {
                    await tls.DisposeAsync();
                    throw new ServerConnectException(ConnectStep.Tls, Explain(server, address, handshake, e), e);
                }
            },
            cancellationToken);

    private static string Explain(ServerAddress server, string address, ClientTlsHandshake handshake, Exception fault) =>
        handshake.Server is { IsAccepted: false } certificate
            ? $"the certificate of {server} ({address}) is not accepted, {certificate.Reason}: {certificate.Detail}; " +
              $"subject \"{certificate.Subject}\", issuer \"{certificate.Issuer}\", names [{certificate.Names}]"
            : $"the TLS handshake with {server} ({address}) failed: {fault.GetBaseException().Message}";
}
