using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

internal sealed class AuditFlags(FlagSet flags, GatewayOptions defaults)
{
    private const string Group = "Audit";

    private readonly Flag<string> _path = flags.AddString(
        "audit-log-path", defaults.AuditLogPath, Group,
        "File for one line of JSON per request, or - for standard output. Without it there is no audit.");

    private readonly Flag<int> _size = flags.AddInt(
        "audit-log-maxsize", defaults.AuditLogMaxSize, Group, "Mebibytes of one audit file, past which a new one is begun.");

    private readonly Flag<int> _backups = flags.AddInt(
        "audit-log-maxbackup", defaults.AuditLogMaxBackup, Group, "Audit files kept beside the newest one.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        AuditLogPath = result.Get(_path),
        AuditLogMaxSize = result.Get(_size),
        AuditLogMaxBackup = result.Get(_backups),
    };
}
