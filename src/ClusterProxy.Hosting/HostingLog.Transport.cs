using System.Net;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(
        EventId = 7700,
        EventName = nameof(AcceptFailed),
        Level = LogLevel.Warning,
        Message = "Connections to {EndPoint} are cut or wait, since they cannot be accepted: {Error}. If it is for want of handles, raise the limit "
            + "of open files (ulimit -n, LimitNOFILE), or lower how many connections and agents come here")]
    public static partial void AcceptFailed(ILogger logger, EndPoint endPoint, string error);
}
