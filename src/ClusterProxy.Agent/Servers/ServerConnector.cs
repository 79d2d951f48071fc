using System.Globalization;
using System.Net.Http.Headers;
using ClusterProxy.Agent.Sockets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Tls;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// Opens one tunnel: transport, token, the Connect call, and the response headers that say which server it is. Whoever
/// answers none of it within the step's deadline costs one attempt.
/// </summary>
internal sealed class ServerConnector(ServerConnectorOptions options, ServerTransport transport, TimeProvider time)
{
    private readonly ConnectDeadline _deadline = new(options.StepTimeout, time);

    /// <summary>Tries every configured server once, in an order that moves on with each turn.</summary>
    /// <exception cref="ServerConnectException">None could be reached; the text names each failure.</exception>
    public async Task<ServerCall> ConnectAsync(int turn, CancellationToken cancellationToken)
    {
        var failures = new List<ServerConnectException>();
        foreach (var server in AddressOrder.Rotate(options.Servers, turn))
        {
            try
            {
                return await ConnectAsync(server, turn / options.Servers.Count, cancellationToken);
            }
            catch (ServerConnectException e)
            {
                failures.Add(e);
            }
        }

        throw failures is [var only]
            ? only
            : new ServerConnectException(failures[^1].Step, string.Join("; ", failures.Select(f => f.Message)), failures[^1]);
    }

    /// <param name="server">Where to.</param>
    /// <param name="turn">Which of several addresses of a name comes first.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ServerConnectException">It could not be reached.</exception>
    public async Task<ServerCall> ConnectAsync(ServerAddress server, int turn, CancellationToken cancellationToken)
    {
        var token = options.Token is { } file ? await file.ReadAsync(cancellationToken) : null;
        var metadata = Metadata(token);
        var (stream, remote) = await transport.OpenAsync(server, turn, cancellationToken);
        var address = remote.Address;
        var connection = new SingleConnectionHandler(stream, options.PingDelay, options.PingTimeout, time);
        var http = new HttpMessageInvoker(connection);
        GrpcClientCall? call = null;
        try
        {
            return await _deadline.RunAsync(
                ConnectStep.Call, $"the answer of {server} ({address}) to the Connect call",
                async stop =>
                {
                    // The scheme is http because the handler's stream is the inside of TLS.
                    var authority = new UriBuilder(Uri.UriSchemeHttp, server.Host, server.Port).Uri;
                    call = await GrpcClientCall.StartAsync(http, authority, TunnelHeaders.ConnectMethod, metadata, stop);
                    return await AcceptAsync(
                        call, http, remote, () => options.SilenceLimit is { } limit && connection.SilentFor > limit, token, stop);
                },
                cancellationToken);
        }
        catch (Exception e)
        {
            if (call is not null)
            {
                await call.DisposeAsync();
            }

            http.Dispose();
            throw e is GrpcException refusal
                ? new ServerConnectException(ConnectStep.Call, Explain(server, address, refusal), refusal)
                : e;
        }
    }

    private List<KeyValuePair<string, string>> Metadata(ServiceAccountToken? token)
    {
        List<KeyValuePair<string, string>> metadata =
        [
            new(TunnelHeaders.AgentId, options.AgentId),
            new(TunnelHeaders.AgentIdentifiers, options.AgentIdentifiers),
            new(TunnelHeaders.Features, TunnelFeatures.Format(options.Features)),
        ];
        if (token is not null)
        {
            metadata.Add(new(TunnelHeaders.Authorization, "Bearer " + token.Text));
        }

        return metadata;
    }

    private async Task<ServerCall> AcceptAsync(
        GrpcClientCall call, HttpMessageInvoker http, ServerRemote remote, Func<bool> isSilent, ServiceAccountToken? token,
        CancellationToken cancellationToken)
    {
        var headers = await call.ResponseHeadersAsync(cancellationToken);
        var count = Single(headers, TunnelHeaders.ServerCount, remote.Address);
        var features = options.Features & TunnelFeatures.Parse(Optional(headers, TunnelHeaders.Features));
        return new ServerCall(call, http, remote, isSilent)
        {
            Input = await call.InputAsync(cancellationToken),
            ServerId = PeerText.Bound(Single(headers, TunnelHeaders.ServerId, remote.Address)),
            ServerCount = int.TryParse(count, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new ServerConnectException(
                    ConnectStep.Call, $"{remote.Address} sent the {TunnelHeaders.ServerCount} \"{PeerText.Bound(count)}\", which is no number"),
            Features = features,
            Servers = features.HasFlag(TunnelFeatureSet.Servers)
                ? ServerSet.FromHeader(Optional(headers, TunnelHeaders.Servers))
                : ServerSet.None,
            LaneToken = Optional(headers, TunnelHeaders.LaneToken),
            TokenLife = token?.Life,
        };
    }

    private static string Optional(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";

    private static string Single(HttpResponseHeaders headers, string name, string address)
    {
        // The validated view would split a value at its commas.
        if (!headers.NonValidated.TryGetValues(name, out var values) || values.Count != 1)
        {
            throw new ServerConnectException(
                ConnectStep.Call, $"{address} answered with {values.Count} {name} headers where one belongs; is it a proxy-server's agent port?");
        }

        return values.ToString();
    }

    private static string Explain(ServerAddress server, string address, GrpcException refusal)
    {
        // In TLS 1.3 a refused client certificate shows only here, as a connection that ends.
        return refusal is { Status.Code: GrpcStatusCode.Unavailable, InnerException: HttpRequestException or IOException }
            ? $"{server} ({address}) broke the connection off before it accepted the tunnel "
                + $"({PeerText.Bound(TlsFaultText.Of(refusal.InnerException))}); its log says whether it refused --agent-cert, or wants one"
            : $"{server} ({address}) did not accept the tunnel: {PeerText.Bound(refusal.Status.ToString())}";
    }
}
