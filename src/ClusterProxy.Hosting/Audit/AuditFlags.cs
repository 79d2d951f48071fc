using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Hosting.Audit;

/// <summary>The flags <c>--audit-log-*</c>.</summary>
/// <param name="flags">Gets them.</param>
/// <param name="defaults">Without them.</param>
/// <param name="group">Of the help.</param>
/// <param name="lines">What has a line, in the help's words.</param>
public sealed class AuditFlags(FlagSet flags, AuditOptions defaults, string group, string lines)
{
    internal const string MaxSize = "audit-log-maxsize";
    internal const string MaxBackup = "audit-log-maxbackup";

    private readonly Flag<string> _path = flags.AddString(
        "audit-log-path", defaults.Path, group, $"File for one line of JSON per {lines}, or - for standard output. Without it there is no audit.");

    private readonly Flag<int> _size = flags.AddInt(
        MaxSize, defaults.MaxSize, group, "Mebibytes of one audit file, past which a new one is begun.");

    private readonly Flag<int> _backups = flags.AddInt(
        MaxBackup, defaults.MaxBackup, group, "Audit files kept beside the newest one.");

    public AuditOptions Bind(FlagParseResult result) => new()
    {
        Path = result.Get(_path),
        MaxSize = result.Get(_size),
        MaxBackup = result.Get(_backups),
    };
}
