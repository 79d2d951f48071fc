using System.IO.Pipelines;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Policy;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ClusterProxy.Server.Frontend;

/// <summary>Serves the connections on which a frontend opens a lane: checks the first packet and runs the lane.</summary>
/// <param name="context">What all frontends share.</param>
/// <param name="peers">Where the frontends are other servers; null where they are not.</param>
internal sealed class FrontendLaneService(FrontendContext context, PeerAdmission? peers = null)
{
    /// <summary>For the first packet; silent connections must not pile up.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    private static readonly string Refusal = $"a frontend's lane needs the features {TunnelFeatures.Format(TunnelFeatures.LeastOfLane)}";

    /// <summary>Whether TLS has agreed on a lane.</summary>
    public static bool IsAgreed(ConnectionContext connection) =>
        connection.Features.Get<ISslStreamFeature>()?.SslStream.NegotiatedApplicationProtocol == LaneProtocol.Alpn;

    /// <param name="connection">Authenticated by the frontend plane's rules. What was looked at of its input is still in it.</param>
    public async Task ServeAsync(ConnectionContext connection)
    {
        var tls = connection.Features.Get<ISslStreamFeature>()?.SslStream;
        var socket = connection.Features.Get<DirectSocketConnection>()
            ?? throw new InvalidOperationException("A plane's connections come from the transport of this project.");
        if (tls is not null)
        {
            socket.BufferWrites();
        }

        var input = tls is null ? connection.Transport.Input : LaneProtocol.CreateInput(tls);
        var output = LaneProtocol.CreateOutput(tls ?? socket.Stream);
        var peer = connection.RemoteEndPoint?.ToString() is { Length: > 0 } address ? address : "unix";
        var subject = connection.Features.Get<FrontendSubject>() ?? FrontendSubject.Of(connection);
        try
        {
            await RunAsync(
                new PacketReader(input, context.Limits.MaxMessageSize), output, connection, subject, peer, () => FinishAsync(socket));
        }
        catch (Exception e) when (e is IOException or GrpcException or OperationCanceledException)
        {
            Refuse(subject, peer, e.Message);
        }
        finally
        {
            await input.CompleteAsync();

            // What a broken lane has left must not be sent now: it may be half sent, and nobody may take it.
            await output.CompleteAsync(new IOException("the lane has ended"));
        }
    }

    private async Task RunAsync(
        PacketReader reader, PipeWriter output, ConnectionContext connection, FrontendSubject subject, string peer, Func<Task> completeOutput)
    {
        if (await AdmitAsync(reader, output, connection, subject, peer) is not { } features)
        {
            await completeOutput();
            return;
        }

        context.Logger.FrontendLaneOpened(peer);
        var lane = new FrontendLane(
            reader, output, features, subject, connection.Features.Get<FrontendShare>(), peer, context, peers?.CreateFeed());
        using var leaving = CloseRequested(connection).UnsafeRegister(static lane => ((FrontendLane)lane!).Drain(), lane);
        var status = await lane.RunAsync(completeOutput, connection.ConnectionClosed);
        context.Logger.FrontendLaneClosed(peer, status);
    }

    /// <summary>What both ends understand; null when the lane is refused.</summary>
    private async Task<TunnelFeatureSet?> AdmitAsync(
        PacketReader reader, PipeWriter output, ConnectionContext connection, FrontendSubject subject, string peer)
    {
        using var deadline = new CancellationTokenSource(HandshakeTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, connection.ConnectionClosed);
        var asked = await LaneHandshake.ReadAsync(reader, either.Token);
        var features = context.LaneFeatures & TunnelFeatures.Parse(asked.Features);
        if (peers is not null)
        {
            var certificate = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
            return await peers.AnswerAsync(asked, certificate, peer, output, either.Token) ? features : null;
        }

        var isEnough = features.HasFlag(TunnelFeatures.LeastOfLane);
        await LaneHandshake.AnswerAsync(output, isEnough ? "" : Refusal, context.LaneFeatures, either.Token);
        if (!isEnough)
        {
            Refuse(subject, peer, Refusal);
        }

        return isEnough ? features : null;
    }

    private void Refuse(FrontendSubject subject, string peer, string reason)
    {
        context.Metrics.LaneRefused(peers is null ? FrontendPlane.Name : PeerPlane.Name);
        context.Refusals.FrontendLaneRefused(subject, peer, reason);
    }

    /// <summary>
    /// Fires when the connection should end as soon as nothing runs on it. When this server leaves it keeps the lanes of others for as long
    /// as they need them, so there the end of the certificate counts alone.
    /// </summary>
    private CancellationToken CloseRequested(ConnectionContext connection) => peers is not null
        ? connection.Features.Get<CertificateEnd>()?.Passed ?? CancellationToken.None
        : connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;

    /// <summary>FIN alone, as the frontend's.</summary>
    /// <seealso cref="LaneConnection.CompleteOutputAsync"/>
    private static async Task FinishAsync(DirectSocketConnection socket) => await socket.Output.CompleteAsync();
}
