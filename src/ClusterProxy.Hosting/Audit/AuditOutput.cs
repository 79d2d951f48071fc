namespace ClusterProxy.Hosting.Audit;

/// <summary>The output that the flags <c>--audit-log-*</c> name.</summary>
public static class AuditOutput
{
    private const string StandardOutput = "-";

    public static IAuditOutput Open(AuditOptions options) =>
        options.Path == StandardOutput ? new AuditStandardOutput() : new AuditFile(options.Path, options.MaxSize * 1024L * 1024L, options.MaxBackup);
}
