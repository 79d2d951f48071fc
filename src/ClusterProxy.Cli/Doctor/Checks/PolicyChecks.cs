using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Client;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>Whether a frontend policy is valid, and allows this frontend its dials; read and judged as the server does.</summary>
internal static class PolicyChecks
{
    public static Finding Rules(PolicyFacts policy) => policy.Fault is { } fault
        ? Finding.Failed("policy.file", policy.File.ToString(), fault)
        : policy.Policy!.Rules.Count == 0
            ? Finding.Warning("policy.file", policy.File.ToString(), new Fault("empty_policy", $"{policy.File} has no rule: every dial is denied", "write a rule, or run the server without --frontend-policy"))
            : Finding.Ok("policy.file", $"{policy.File} is valid, {policy.Policy.Rules.Count} rules");

    public static Finding Dial(Chart chart, PolicyFacts policy, TunnelTarget target)
    {
        const string Id = "policy.dial";
        var what = $"whether {policy.File} allows a dial to {target}";
        if (policy.Policy is null)
        {
            return Finding.NotChecked(Id, what, "policy.file failed");
        }

        if (SubjectOf(chart) is not { } subject)
        {
            return Finding.NotChecked(Id, what, "it is not known who dials", "give --cert and --key, or --server unix:///path");
        }

        return policy.Policy.Check(subject, target.ToString()).IsAllowed
            ? Finding.Ok(Id, $"{policy.File} allows {subject} a dial to {target}")
            : Finding.Failed(
                Id, what,
                new Fault(
                    "denied", $"no rule of {policy.File} allows {subject} to dial {target}",
                    $"add a rule: subjects: [\"{subject.Names.Order(StringComparer.Ordinal).FirstOrDefault("*")}\"], clusters: [{target.Host}], ports: [{target.Port}]"));
    }

    private static FrontendSubject? SubjectOf(Chart chart) =>
        chart.FrontendPair is { Chain: [var leaf, ..] } ? FrontendSubject.Of(leaf)
        : chart.Frontend is { Target.EndPoint: System.Net.Sockets.UnixDomainSocketEndPoint } && chart.Process.Count > 0 ? new FrontendSubject(chart.Process)
        : null;
}
