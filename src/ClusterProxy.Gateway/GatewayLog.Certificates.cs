namespace ClusterProxy.Gateway;

internal static partial class GatewayLog
{
    [LoggerMessage(
        EventId = 4600,
        EventName = nameof(CertificateIssued),
        Level = LogLevel.Information,
        Message = "Issued the port's certificate for {Hosts} by {Issuer}, valid until {End:u}")]
    public static partial void CertificateIssued(this ILogger logger, string hosts, string issuer, DateTimeOffset end);

    [LoggerMessage(
        EventId = 4601,
        EventName = nameof(CertificateLoaded),
        Level = LogLevel.Information,
        Message = "The Secret {Secret} is in use: {Subject}, valid until {End:u}")]
    public static partial void CertificateLoaded(this ILogger logger, string secret, string subject, DateTimeOffset end);

    [LoggerMessage(
        EventId = 4602,
        EventName = nameof(SecretUnusable),
        Level = LogLevel.Warning,
        Message = "The port's certificate cannot be taken up, what was loaded before stays in use: {Error}")]
    public static partial void SecretUnusable(this ILogger logger, string error, Exception? exception);

    [LoggerMessage(
        EventId = 4603,
        EventName = nameof(RotationFailed),
        Level = LogLevel.Warning,
        Message = "The port's certificate or its authority cannot be looked after; tried again, and the certificate in use ends at {End:u}")]
    public static partial void RotationFailed(this ILogger logger, DateTimeOffset end, Exception exception);

    [LoggerMessage(
        EventId = 4604,
        EventName = nameof(AuthorityChanged),
        Level = LogLevel.Information,
        Message = "The authority of the port's certificates changed: {Step}")]
    public static partial void AuthorityChanged(this ILogger logger, string step);

    [LoggerMessage(
        EventId = 4605,
        EventName = nameof(CaBundlePatched),
        Level = LogLevel.Information,
        Message = "Wrote the authorities into spec.caBundle of the APIService {Name}")]
    public static partial void CaBundlePatched(this ILogger logger, string name);

    [LoggerMessage(
        EventId = 4606,
        EventName = nameof(ApiServiceMissing),
        Level = LogLevel.Warning,
        Message = "There is no APIService {Name}: kubectl reaches the gateway through the hub only when it is made; see README.md")]
    public static partial void ApiServiceMissing(this ILogger logger, string name);

    [LoggerMessage(
        EventId = 4607,
        EventName = nameof(CertificateOfNobody),
        Level = LogLevel.Warning,
        Message = "No certificate was given for the secure port: it shows one of an authority of this process only, which nobody can check and "
            + "which is another one after a restart; give --serving-ca-secret, --serving-cert-secret, --serving-ca-dir or --tls-cert-file")]
    public static partial void CertificateOfNobody(this ILogger logger);
}
