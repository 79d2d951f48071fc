using ClusterProxy.Server.Planes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// Asks a frontend to come back when the certificate that opened its connection ends: a connection that carries many dials would outlive
/// it. What is open goes on.
/// </summary>
internal static class FrontendExpiry
{
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
        await using var timer = new CertificateEndTimer(end, time, () =>
        {
            ended(connection.RemoteEndPoint?.ToString() ?? "unknown", end);
            passed.Cancel();
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        });
        await next(connection);
    };
}
