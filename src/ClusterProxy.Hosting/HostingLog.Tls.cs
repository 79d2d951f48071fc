using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(
        EventId = 7101,
        EventName = nameof(ClientCertificateRefused),
        Level = LogLevel.Information,
        Message = "Refused the client certificate of {Remote} on the {Plane} port: {Reason} ({Detail}); "
            + "subject \"{Subject}\", issuer \"{Issuer}\", names \"{Names}\"")]
    public static partial void ClientCertificateRefused(
        ILogger logger, string plane, string remote, string reason, string detail, string subject, string issuer, string names);

    [LoggerMessage(
        EventId = 7102,
        EventName = nameof(HandshakeFailed),
        Message = "No TLS connection with {Remote} on the {Plane} port: {Reason}, {Detail}")]
    public static partial void HandshakeFailed(
        ILogger logger, LogLevel level, string plane, string remote, string reason, string detail);
}
