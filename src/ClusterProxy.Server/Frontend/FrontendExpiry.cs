using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// Asks a frontend to come back when the certificate that opened its connection ends: a certificate is looked at in the handshake only,
/// and a connection that carries many dials would outlive it. What is open goes on.
/// </summary>
internal static class FrontendExpiry
{
    /// <summary>Timers do not reach much further than a month.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <param name="time">Clock of the certificates.</param>
    /// <param name="ended">Told where the frontend is and when its certificate ended.</param>
    /// <param name="next">Serves HTTP/2, which says GOAWAY, or a lane, which says DRAIN.</param>
    public static ConnectionDelegate Use(TimeProvider time, Action<string, DateTimeOffset> ended, ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
        {
            await next(connection);
            return;
        }

        var end = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        using var passed = new CancellationTokenSource();
        connection.Features.Set(new CertificateEnd(passed.Token));
        ITimer? timer = null;
        timer = time.CreateTimer(_ => Check(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using (timer)
        {
            Check();
            await next(connection);
        }

        void Check()
        {
            var left = end - time.GetUtcNow();
            if (left > TimeSpan.Zero)
            {
                timer!.Change(left < Longest ? left : Longest, Timeout.InfiniteTimeSpan);
                return;
            }

            ended(connection.RemoteEndPoint?.ToString() ?? "unknown", end);
            passed.Cancel();
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    };
}
