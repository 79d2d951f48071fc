using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// TLS for one Kestrel listener: Kestrel's own handshake between two steps of ours, the outer of which sees a handshake that failed
/// (Kestrel swallows it) and the inner one that succeeded. What tests of this project found Kestrel to do:
/// <list type="bullet">
/// <item>The ALPN list is used as given. An empty list answers without ALPN; a client that offers only names we lack is refused.</item>
/// <item>With ALPN <c>h2</c> Kestrel serves HTTP/2 when the listener's protocols include it.</item>
/// <item>Connection middleware added after <see cref="Use"/> gets the decrypted bytes whatever ALPN says, so one port can look at the
/// first bytes and serve HTTP-CONNECT by hand or hand on to HTTP/2. It must re-present what it peeked at.</item>
/// <item>Without ALPN Kestrel refuses HTTP/2 inside TLS. <see cref="Http2WithoutAlpn"/> overrides the feature it asks; a middleware
/// that has seen the HTTP/2 preface calls it before going on.</item>
/// <item>A client certificate is judged after the client believes that TLS 1.3 is up: it learns of the refusal with its first read.</item>
/// </list>
/// </summary>
public sealed class ServerTls(ServerTlsOptions options, HostingMetrics metrics, ILogger logger, TimeProvider time)
{
    private readonly CipherSuitesPolicy? _ciphers = GoTlsNames.Policy(options.CipherSuites);
    private readonly CertificateConnections? _connections =
        options.MaxConnections > 0 ? new(options.MaxConnections, options.MaxConnectionsFlag) : null;

    /// <summary>Adds TLS to the listener; middleware added later works on decrypted bytes.</summary>
    public void Use(ListenOptions listener)
    {
        metrics.PublishPlane(options.Plane);
        listener.Use(next => connection => WatchAsync(connection, next));
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = AnswerAsync,
            HandshakeTimeout = options.HandshakeTimeout,
        });
        listener.Use(next => connection =>
        {
            HandshakeOf(connection).IsDone = true;
            return next(connection);
        });
    }

    private static TlsHandshake HandshakeOf(BaseConnectionContext connection) =>
        connection.Features.Get<TlsHandshake>()
        ?? throw new InvalidOperationException("The handshake record is put on every connection before TLS.");

    private async ValueTask<SslServerAuthenticationOptions> AnswerAsync(TlsHandshakeCallbackContext context)
    {
        var handshake = HandshakeOf(context.Connection);
        handshake.GotClientHello = true;
        if (options.Admit is { } admit)
        {
            var socket = context.Connection.Features.Get<DirectSocketConnection>();
            if (await admit(handshake.Offered, () => socket is null ? TimeSpan.Zero : socket.PeerWaits(), context.CancellationToken) is not { } permit)
            {
                handshake.IsTurnedAway = true;
                throw new AuthenticationException("handshakes come too fast");
            }

            context.Connection.Features.Set(permit);
        }

        return Answer(handshake);
    }

    private SslServerAuthenticationOptions Answer(TlsHandshake handshake)
    {
        var anchors = options.ClientCa?.Invoke();
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = options.KeyPair().Context,
            EnabledSslProtocols = options.Versions,
            CipherSuitesPolicy = _ciphers,
            ApplicationProtocols = [.. options.ApplicationProtocols],
            AllowRenegotiation = false,

            // A ticket carries the peer's leaf without its intermediates, so a resumed handshake could fail where the first one did
            // not; tunnels live long enough that resuming saves nothing.
            AllowTlsResume = false,
            ClientCertificateRequired = anchors is not null,
            RemoteCertificateValidationCallback = anchors is null ? null : handshake.Callback(anchors, options.PlaneObjection, _connections, time),

            // The verdict is ours; the platform's own chain is built only to hand over what the peer sent.
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                TrustMode = X509ChainTrustMode.CustomRootTrust,
            },
        };
    }

    private async Task WatchAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var handshake = new TlsHandshake();
        connection.Features.Set(handshake);
        var start = time.GetTimestamp();
        handshake.IsTurnedAway = options.HasRoom?.Invoke() == false;
        try
        {
            if (!handshake.IsTurnedAway && await TryPeekAsync(connection, handshake))
            {
                await next(connection);
            }
        }
        finally
        {
            connection.Features.Get<HandshakePermit>()?.Dispose();
            if (handshake.Held is { } held)
            {
                _connections!.Release(held);
            }
        }

        if (handshake.IsDone)
        {
            return;
        }

        var remote = connection.RemoteEndPoint?.ToString() ?? "unknown";
        if (handshake.Peer is { IsAccepted: false } peer)
        {
            metrics.HandshakeFailed(options.Plane, peer.Reason);
            HostingLog.ClientCertificateRefused(
                logger, options.Plane, remote, peer.Reason, peer.Detail, peer.Subject, peer.Issuer, peer.Names);
            options.Refused?.Invoke(remote, peer);
            return;
        }

        var failure = Classify(handshake, time.GetElapsedTime(start));
        var (reason, detail) = (failure.Tag(), failure.Explain());
        metrics.HandshakeFailed(options.Plane, reason);
        var level = failure is TlsHandshakeFailure.NoClientHello or TlsHandshakeFailure.TurnedAway ? LogLevel.Debug : LogLevel.Information;
        HostingLog.HandshakeFailed(logger, level, options.Plane, remote, reason, detail);
    }

    /// <summary>False when the connection ended, or its time did, before it has said anything.</summary>
    private async Task<bool> TryPeekAsync(ConnectionContext connection, TlsHandshake handshake)
    {
        if (options.Admit is null)
        {
            return true;
        }

        try
        {
            using var limit = new CancellationTokenSource(options.HandshakeTimeout, time);
            handshake.Offered = await ClientHello.PeekProtocolsAsync(connection.Transport.Input, limit.Token);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            return false;
        }
    }

    /// <summary>Kestrel does not say that it was the timeout; its timer ticks coarsely and may be a little early.</summary>
    private TlsHandshakeFailure Classify(TlsHandshake handshake, TimeSpan elapsed) =>
        handshake.IsTurnedAway ? TlsHandshakeFailure.TurnedAway
        : elapsed >= 0.9 * options.HandshakeTimeout ? TlsHandshakeFailure.Timeout
        : handshake.GotClientHello ? TlsHandshakeFailure.Aborted
        : TlsHandshakeFailure.NoClientHello;
}
