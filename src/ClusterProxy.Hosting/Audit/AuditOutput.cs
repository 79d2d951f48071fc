namespace ClusterProxy.Hosting.Audit;

/// <summary>The output that the flags <c>--audit-log-*</c> name.</summary>
public static class AuditOutput
{
    private const string StandardOutput = "-";

    /// <param name="path">A file, or - for standard output.</param>
    /// <param name="maxMebibytes">Of one file, past which a new one is begun.</param>
    /// <param name="backups">Files kept beside the newest one.</param>
    public static IAuditOutput Open(string path, int maxMebibytes, int backups) =>
        path == StandardOutput ? new AuditStandardOutput() : new AuditFile(path, maxMebibytes * 1024L * 1024L, backups);
}
