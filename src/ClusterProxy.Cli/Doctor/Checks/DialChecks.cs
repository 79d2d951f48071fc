using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Client;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>What came of dials through the server, told apart by the texts that servers and agents answer with, upstream's too.</summary>
internal static class DialChecks
{
    private const string Id = "dial";

    /// <summary>What agents say of a target: Go's words.</summary>
    private static readonly string[] OfTarget =
        ["connection refused", "no such host", "no route to host", "network is unreachable", "i/o timeout", "too many open files", "server misbehaving", "missing port"];

    public static Finding Dial(DialFacts dial)
    {
        if (dial.Failure is not { } failure)
        {
            return Finding.Ok(Id, $"an agent connected to {dial.Target} in {dial.Took.TotalMilliseconds:0.0} ms");
        }

        var what = $"dial {dial.Target} through the server";
        var text = failure.Message;
        return text switch
        {
            _ when failure.Reason == DialFailureReason.StreamSetup => Finding.Failed(
                Id, what,
                new Fault(
                    "no_tunnel", $"this client has no tunnel to the server ({text})",
                    "mend that first: clusterproxy doctor with the same --server, --ca, --cert and --key says which step fails")),
            _ when Says("No agent available") => Finding.Failed(
                Id, what,
                new Fault(
                    "no_agent", $"the server has no agent for {dial.Target.Host} ({text})",
                    $"check that the agent runs and is ready, and, with --proxy-strategies=destHost, that it announces host={dial.Target.Host} (--agent-identifiers); with several servers, that it has a tunnel to this one")),
            _ when Says("frontend policy does not allow") => Finding.Failed(
                Id, what,
                new Fault("denied", $"the server's frontend policy denies {dial.Target} to this client ({text})", "add a rule to --frontend-policy; doctor with --frontend-policy FILE says which, the server's log line DialDenied names this client's subjects")),
            _ when Says("waiting for backend dial") || failure.Reason == DialFailureReason.Timeout => Finding.Failed(
                Id, what,
                new Fault("agent_silent", $"an agent has {dial.Target.Host} and did not answer ({text})", "see the agent's log and the network between; --backend-dial-timeout is how long the server waits")),
            _ when OfTarget.Any(Says) => Finding.Warning(
                Id, what,
                new Fault("target_unreachable", $"an agent took the dial, and could not connect to {dial.Target} ({text})", $"check {dial.Target} as seen from the agent's machine; an alias there (--target-alias) may say what {dial.Target.Host} means")),
            _ when Says("does not allow") || Says("not allowed") || Says("denied") => Finding.Failed(
                Id, what, new Fault("target_denied", $"the agent's target policy denies {dial.Target} ({text})", "see --allow-target and --deny-target of the agent")),
            _ => Finding.Failed(Id, what, new Fault("dial_failed", text, "see the server's log line DialFailed")),
        };

        bool Says(string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    public static Finding NotDialled(TunnelTarget target, string why) => Finding.NotChecked(Id, $"dial {target} through the server", why);
}
