using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

/// <summary>What the API server library knows of audits beyond <see cref="AuditFlags"/>: taken, so that upstream's deployments start.</summary>
internal sealed class GenericAuditFlags
{
    private const string Group = CompatibilityFlags.Group;
    private const string Batches = "Batches of the audit.";
    private const string Lengths = "Lengths in the audit; a line is bounded here always.";

    private readonly Flag<string> _policy;
    private readonly Flag<string> _webhook;

    public GenericAuditFlags(FlagSet flags)
    {
        _policy = flags.AddString("audit-policy-file", "", Group, "What is audited; --audit-log-path has a line for every request.");
        _webhook = flags.AddString("audit-webhook-config-file", "", Group, "Audit by webhook; there is none.");
        flags.AddString("audit-log-format", "json", Group, "Form of the audit's lines.");
        flags.AddInt("audit-log-maxage", 0, Group, "Days that audit files are kept; see --audit-log-maxbackup.");
        flags.AddBool("audit-log-compress", false, Group, "Compression of old audit files.");
        flags.AddDuration("audit-webhook-initial-backoff", TimeSpan.FromSeconds(10), Group, "Audit by webhook.");
        foreach (var (to, mode) in ((string, string)[])[("log", "blocking"), ("webhook", "batch")])
        {
            flags.AddString($"audit-{to}-mode", mode, Group, "How the audit is written.");
            flags.AddString($"audit-{to}-version", "audit.k8s.io/v1", Group, "Version of the audit's lines.");
            flags.AddInt($"audit-{to}-batch-buffer-size", 10_000, Group, Batches);
            flags.AddInt($"audit-{to}-batch-max-size", 1, Group, Batches);
            flags.AddDuration($"audit-{to}-batch-max-wait", TimeSpan.Zero, Group, Batches);
            flags.AddBool($"audit-{to}-batch-throttle-enable", false, Group, Batches);
            flags.AddFloat($"audit-{to}-batch-throttle-qps", 0, Group, Batches);
            flags.AddInt($"audit-{to}-batch-throttle-burst", 0, Group, Batches);
            flags.AddBool($"audit-{to}-truncate-enabled", false, Group, Lengths);
            flags.AddLong($"audit-{to}-truncate-max-batch-size", 10_485_760, Group, Lengths);
            flags.AddLong($"audit-{to}-truncate-max-event-size", 102_400, Group, Lengths);
        }
    }

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        IsAuditUnheeded = !options.Audit.IsOn && result.Get(_policy).Length + result.Get(_webhook).Length > 0,
    };
}
