using System.Net;
using ClusterProxy.Cli.Doctor.Checks;
using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Tls;

namespace ClusterProxy.Cli.Health;

/// <summary>What to do about a target that is not healthy, by the step that failed.</summary>
internal static class HealthRemedies
{
    public static string OfDial(TunnelTarget target, TunnelConnectException failure) =>
        DialChecks.Dial(new DialFacts(target, TimeSpan.Zero, failure)).Remedy!;

    public static string OfSilence(TunnelTarget target, bool isDialled) => isDialled
        ? $"the tunnel works and {target} does not answer: look at it from the agent's machine, or give a longer --timeout"
        : $"see whether an agent has {target.Host}: clusterproxy doctor --cluster {target}; or give a longer --timeout";

    public static string OfCertificate(PeerVerdict verdict) => verdict switch
    {
        PeerVerdict.WrongName => "dial it by a name that its certificate bears, which --target-alias of the agent can lead there; or give --insecure-skip-target-tls-verify",
        PeerVerdict.Expired or PeerVerdict.NotYetValid => "renew the target's certificate, and check the clocks; or give --insecure-skip-target-tls-verify",
        _ => "give its authority by --target-ca, or --insecure-skip-target-tls-verify",
    };

    public static string OfHandshake(Exception failure) => TlsFaultText.IsOfTheProtocol(failure)
        ? "its health is asked for by HTTP/1.1, which this port does not have: give another port"
        : "check that the port speaks TLS and asks for no client certificate; --plaintext speaks none";

    public static string OfStatus(HttpStatusCode status, string path) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            $"tunnel and TLS work, and the target takes no anonymous GET {path}: give a --path that it answers to anybody, such as /version",
        HttpStatusCode.NotFound => "tunnel and TLS work: give the --path of the target's health",
        _ => "tunnel and TLS work: the target says so of itself, look at its own log",
    };

    public static string OfRequest => "tunnel and TLS work: check that the port speaks HTTP/1.1, and --plaintext";
}
