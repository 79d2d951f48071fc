using ClusterProxy.Hosting.Reloading;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(
        EventId = 7200,
        EventName = nameof(FileReloaded),
        Level = LogLevel.Information,
        Message = "{Files} changed and is in use: {Subject}, valid until {End:u}")]
    public static partial void FileReloaded(ILogger logger, ReloadingFile files, string subject, DateTimeOffset end);

    [LoggerMessage(
        EventId = 7201,
        EventName = nameof(FileRefused),
        Level = LogLevel.Warning,
        Message = "{Files} changed and cannot be used, what was loaded before stays in use: {Error}")]
    public static partial void FileRefused(ILogger logger, ReloadingFile files, string error);

    [LoggerMessage(
        EventId = 7202,
        EventName = nameof(CertificateExpiresSoon),
        Level = LogLevel.Warning,
        Message = "{Certificate} expires at {End:u}: replace the file, it is taken up without a restart")]
    public static partial void CertificateExpiresSoon(ILogger logger, string certificate, DateTimeOffset end);

    [LoggerMessage(
        EventId = 7203,
        EventName = nameof(CertificateExpired),
        Level = LogLevel.Warning,
        Message = "{Certificate} expired at {End:u}, peers refuse it: replace the file, it is taken up without a restart")]
    public static partial void CertificateExpired(ILogger logger, string certificate, DateTimeOffset end);

    [LoggerMessage(
        EventId = 7204,
        EventName = nameof(ReloaderFailed),
        Level = LogLevel.Error,
        Message = "A round of the loop that rereads changed files failed; this is a defect, and the next round comes")]
    public static partial void ReloaderFailed(ILogger logger, Exception exception);

    [LoggerMessage(
        EventId = 7205,
        EventName = nameof(FileHangs),
        Level = LogLevel.Warning,
        Message = "Reading {Files} has not returned within {Seconds} s, what was loaded before stays in use: look at the disk")]
    public static partial void FileHangs(ILogger logger, string files, double seconds);

    [LoggerMessage(
        EventId = 7206,
        EventName = nameof(FileReadAgain),
        Level = LogLevel.Information,
        Message = "{Files} can be read again, it hung since {Since:u}")]
    public static partial void FileReadAgain(ILogger logger, string files, DateTimeOffset since);

    [LoggerMessage(
        EventId = 7207,
        EventName = nameof(FileFailed),
        Level = LogLevel.Error,
        Message = "{Files} changed and cannot be used because of a defect, what was loaded before stays in use; tried again when it changes")]
    public static partial void FileFailed(ILogger logger, ReloadingFile files, Exception exception);

    [LoggerMessage(
        EventId = 7208,
        EventName = nameof(LookFailed),
        Level = LogLevel.Error,
        Message = "A look at {Files} failed; this is a defect, said once for as long as it lasts, and all others are looked at")]
    public static partial void LookFailed(ILogger logger, string files, Exception exception);
}
