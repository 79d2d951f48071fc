using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Server.Certificates;

namespace ClusterProxy.Server.Peers;

/// <summary>Opens lanes to other servers: TCP, TLS with the roles of both ends, the first packets.</summary>
/// <param name="tls">Of the peer plane.</param>
/// <param name="renewal">Of the certificate that <paramref name="tls"/> shows.</param>
/// <param name="context">What all lanes to other servers share.</param>
internal sealed class PeerConnector(ClientTls tls, CredentialRenewal renewal, PeerContext context)
{
    /// <summary>All of it together; servers of a fleet are near each other.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public CredentialRenewal Renewal => renewal;

    /// <exception cref="PeerConnectException">No lane can be had.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async Task<PeerTransport> ConnectAsync(FleetServer peer, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Timeout, context.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Socket? socket = null;
        LaneConnection? lane = null;
        try
        {
            // A file that changes during the handshake leads to a renewal too many, not to one too few.
            var credential = renewal.Next();
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new DnsEndPoint(peer.Host, peer.Port), both.Token);
            var stream = await SecureAsync(socket, peer, both.Token);
            lane = new LaneConnection(stream, socket, context.Limits.MaxMessageSize);
            return await OpenAsync(lane, credential, stream.RemoteCertificate as X509Certificate2, peer, both.Token);
        }
        catch (Exception e)
        {
            await (lane?.DisposeAsync() ?? ValueTask.CompletedTask);
            socket?.Dispose();
            if (e is PeerConnectException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
            {
                throw;
            }

            throw e switch
            {
                OperationCanceledException => new PeerConnectException($"it did not answer within {Timeout.TotalSeconds} s", e),
                SocketException or GrpcException => new PeerConnectException(e.Message, e),
                IOException => new PeerConnectException($"{e.Message}; a server that refuses this one's certificate looks like this too", e),
                _ => e,
            };
        }
    }

    private async Task<SslStream> SecureAsync(Socket socket, FleetServer peer, CancellationToken cancellationToken)
    {
        var inner = new TurnBufferedStream(socket);
        var stream = new SslStream(inner, leaveInnerStreamOpen: false);
        var handshake = tls.Begin(peer.Host);
        try
        {
            await stream.AuthenticateAsClientAsync(handshake.Options, cancellationToken);
        }
        catch (AuthenticationException e)
        {
            var why = handshake.Server is { IsAccepted: false } refused ? refused.Detail : (e.InnerException ?? e).Message;
            throw new PeerConnectException($"TLS failed: {why}", e);
        }

        if (stream.NegotiatedApplicationProtocol != LaneProtocol.PeerAlpn)
        {
            throw new PeerConnectException("it takes no lanes of servers there; is it its --peer-port?");
        }

        inner.BufferWrites();
        return stream;
    }

    private async Task<PeerTransport> OpenAsync(
        LaneConnection lane, RenewableCredential credential, X509Certificate2? certificate, FleetServer peer, CancellationToken cancellationToken)
    {
        var answer = await LaneHandshake.OpenAsync(lane.Reader, lane.Output, context.ServerId, TunnelFeatures.PeerLane, cancellationToken);
        var id = PeerText.Bound(answer.Server);
        if (id.Length > 0 && PlaneRules.ObjectionToServerId(certificate, id) is { } objection)
        {
            throw new PeerConnectException(objection);
        }

        if (id == context.ServerId)
        {
            await lane.DisposeAsync();
            return new PeerTransport(id, null, credential);
        }

        return answer.Error.Length > 0 ? throw new PeerConnectException($"it refused: {PeerText.Bound(answer.Error)}")
            : id.Length == 0 || (peer.Id.Length > 0 && id != peer.Id) ? throw new PeerConnectException($"it is server \"{id}\" and not \"{peer.Id}\"; check who is said to be there, and its --server-id")
            : !TunnelFeatures.Parse(answer.Features).HasFlag(TunnelFeatures.PeerLane)
                ? throw new PeerConnectException($"it offers \"{PeerText.Bound(answer.Features)}\" only")
            : new PeerTransport(id, lane, credential);
    }
}
