using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>What the environment does to connections. Credentials in a proxy's URL are never shown.</summary>
internal static class EnvironmentChecks
{
    private const string Id = "environment.proxy";

    public static Finding Proxy(Chart chart)
    {
        if (chart.ProxyFault is { } fault)
        {
            return Finding.Failed(Id, "HTTPS_PROXY", fault);
        }

        if (chart.Proxy.Host.Length == 0)
        {
            return Finding.Ok(Id, "HTTPS_PROXY is not set");
        }

        var what = $"HTTPS_PROXY is the proxy {chart.Proxy}";
        return chart switch
        {
            { AgentPort: { Target: { IsThroughProxy: true } target, Remote: null } } => Finding.Warning(
                Id, what,
                new Fault(
                    "proxy_in_the_way", $"an agent with this environment goes to {target.Text} through the proxy {chart.Proxy}, and that did not connect",
                    $"let the proxy through, or take it out of the way: NO_PROXY={target.Host}")),
            { AgentPort.Target: { IsThroughProxy: true } target } => Finding.Ok(Id, $"{what}, and an agent with this environment goes to {target.Text} through it"),
            { Frontend: { ConnectFault: not null, Target.Tls: true } frontend } => Finding.Warning(
                Id, what,
                new Fault(
                    "proxy_not_used", $"{frontend.Target.Text} cannot be reached directly; HTTPS_PROXY is set, and frontends never go through a proxy",
                    $"open the direct way to {frontend.Target.Host}:{frontend.Target.Port}, or run this on the hub")),
            _ => Finding.Ok(Id, $"{what}; agents use it, frontends do not"),
        };
    }
}
