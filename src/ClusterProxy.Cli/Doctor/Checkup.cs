using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Cli.Doctor.Checks;
using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Doctor;

/// <summary>Every check, in the order in which they are reported. Each looks at what was seen and at nothing else.</summary>
internal static class Checkup
{
    private const string OnTheServer = "on the server's machine, ";

    public static IReadOnlyList<Finding> Of(Chart chart) =>
    [
        EnvironmentChecks.Proxy(chart),

        .. FrontendFiles(chart),
        .. chart.Frontend is { } frontend ? Port(FrontendPort(chart, frontend)) : [NotGiven("frontend", "the frontend port", "--server")],

        .. AgentFiles(chart),
        .. chart.AgentPort is { } agents ? Port(AgentPort(chart, agents)) : [NotGiven("agent-port", "the agent port", "--agent-address")],

        .. Gateway(chart),

        .. ServerFiles(chart),
        .. Policy(chart),
        .. Dials(chart),

        .. chart.Pages.Count == 0 ? [NotGiven("health", "readiness, metrics and versions of server, agents and gateway", "--health-url")] : chart.Pages.SelectMany(Page),
        VersionChecks.Versions(chart.Pages),
        VersionChecks.Wire(chart.Pages),
    ];

    private static IEnumerable<Finding> Port(PortSubject port) =>
    [
        .. Reach(port),
        ServiceChecks.Login(port),
        ServiceChecks.Port(port),
        Clock(port),
        .. port.IsAgentPort ? Array.Empty<Finding>() : [ServiceChecks.Wire(port)],
    ];

    private static IEnumerable<Finding> Reach(PortSubject port) =>
    [
        ReachChecks.Address(port),
        ReachChecks.Connect(port),
        ReachChecks.Speech(port),
        .. port.Facts.Target.Tls
            ? [ServerCertificateChecks.Chain(port), ServerCertificateChecks.Name(port), ServerCertificateChecks.Expiry(port)]
            : Array.Empty<Finding>(),
    ];

    private static Finding Clock(PortSubject port) => ServiceChecks.Clock(
        $"{port.Id}.clock", port.Text, port.Facts.Answer?.Clock,
        port.Facts.Answer is null ? ReachChecks.Because(port) : "its answer bears no Date; upstream's servers send none there");

    /// <summary>Many run none, so it is spoken of only where something of it was given.</summary>
    private static IEnumerable<Finding> Gateway(Chart chart)
    {
        if (chart is { Gateway: null, GatewayCa: null, ApiService: null } && chart.Pages.All(static p => p.Kind != PageKind.Gateway))
        {
            return [];
        }

        var port = chart.Gateway is { } facts ? GatewayPort(chart, facts) : null;
        return
        [
            .. Bundle(chart, "gateway.ca", chart.GatewayCa),
            .. port is null ? [NotGiven("gateway", "the gateway's port", "--gateway")] : Reach(port).Append(GatewayChecks.Ready(port)).Append(Clock(port)),
            .. chart.ApiService is { } service ? ApiService(chart, service, port) : [NotGiven("apiservice", "whether the hub's API leads to the gateway", "--kubeconfig")],
        ];
    }

    private static IEnumerable<Finding> ApiService(Chart chart, ApiServiceFacts service, PortSubject? port) =>
    [
        ApiServiceChecks.Object(service),
        ApiServiceChecks.Available(service),
        ApiServiceChecks.Trust(service, port),
        ApiServiceChecks.Expiry(service, chart.Time),
        ApiServiceChecks.Name(service, port),
    ];

    private static IEnumerable<Finding> FrontendFiles(Chart chart)
    {
        if (chart.FrontendPair is { } pair)
        {
            yield return FileChecks.Pair("frontend.client", pair);
            yield return FileChecks.KeyMode("frontend.client-key", pair);
            yield return ExpiryChecks.Chain("frontend.client-expiry", pair.Certificate.ToString(), pair.Chain, chart.Time.GetUtcNow());
            yield return FileChecks.Usage("frontend.client-usage", pair, PeerUsage.Client);
            yield return IdentityChecks.FrontendPlane("frontend.client-plane", pair);
            yield return FileChecks.Issuer("frontend.client-issuer", pair, chart.ServerCa, "server-ca-cert", chart.Time);
        }
        else if (chart.Frontend is { Target.Tls: true })
        {
            yield return NotGiven("frontend.client", "the client's certificate and key", "--cert and --key");
        }

        foreach (var finding in Bundle(chart, "frontend.ca", chart.FrontendCa))
        {
            yield return finding;
        }

        if (chart is { FrontendCa: null, Frontend.Target.Tls: true })
        {
            yield return NotGiven("frontend.ca", "the file of the server's authorities: this machine's roots are used", "--ca");
        }
    }

    private static IEnumerable<Finding> AgentFiles(Chart chart)
    {
        if (chart.AgentPair is { } pair)
        {
            yield return FileChecks.Pair("agent-port.client", pair);
            yield return FileChecks.KeyMode("agent-port.client-key", pair);
            yield return ExpiryChecks.Chain("agent-port.client-expiry", pair.Certificate.ToString(), pair.Chain, chart.Time.GetUtcNow());
            yield return FileChecks.Usage("agent-port.client-usage", pair, PeerUsage.Client);
            yield return IdentityChecks.AgentPlane("agent-port.client-cluster", pair);
            yield return FileChecks.Issuer("agent-port.client-issuer", pair, chart.ClusterCa, "cluster-ca-cert", chart.Time);
        }
        else if (chart.AgentPort is not null)
        {
            yield return NotGiven("agent-port.client", "an agent's certificate and key", "--agent-cert and --agent-key");
        }

        if (chart.AgentPair is not null || chart.Input.AgentIdentifiers is not null)
        {
            var isClaimed = chart.Pages.Any(static p => p.Of("clusterproxy_server_agent_identity_info").Any(static s => s.Label("mode") == "claimed"));
            yield return IdentityChecks.Identifiers("agent-port.identifiers", chart.AgentPair, chart.Input.AgentIdentifiers, isClaimed);
        }

        foreach (var finding in Bundle(chart, "agent-port.ca", chart.AgentCa))
        {
            yield return finding;
        }

        if (chart is { AgentCa: null, AgentPort: not null })
        {
            yield return NotGiven("agent-port.ca", "the file of the agent port's authorities: this machine's roots are used", "--agent-ca");
        }
    }

    private static IEnumerable<Finding> ServerFiles(Chart chart)
    {
        var findings = Serving(chart, "server-files.frontend", chart.ServerPair, chart.Frontend)
            .Concat(Bundle(chart, "server-files.frontend-ca", chart.ServerCa))
            .Concat(Serving(chart, "server-files.agents", chart.ClusterPair, chart.AgentPort))
            .Concat(Bundle(chart, "server-files.agents-ca", chart.ClusterCa))
            .ToArray();
        return findings.Length == 0
            ? [NotGiven("server-files", "the server's own files", "--server-cert, --server-key, --server-ca-cert, --cluster-cert, --cluster-key, --cluster-ca-cert", OnTheServer)]
            : [.. findings, IdentityChecks.Planes("server-files.planes", chart.ServerCa, chart.ClusterCa)];
    }

    private static IEnumerable<Finding> Serving(Chart chart, string id, PairFacts? pair, PortFacts? port) => pair is null ? [] :
    [
        FileChecks.Pair(id, pair),
        FileChecks.KeyMode($"{id}-key", pair),
        ExpiryChecks.Chain($"{id}-expiry", pair.Certificate.ToString(), pair.Chain, chart.Time.GetUtcNow()),
        FileChecks.Usage($"{id}-usage", pair, PeerUsage.Server),
        .. pair.Chain.Count > 0 && port is { Target.Tls: true }
            ? [ServerCertificateChecks.Name($"{id}-name", $"whether {pair.Certificate} is for {port.Target.Name}", pair.Chain[0], port.Target.Name, "")]
            : Array.Empty<Finding>(),
    ];

    private static IEnumerable<Finding> Bundle(Chart chart, string id, BundleFacts? bundle) => bundle is null ? [] :
    [
        FileChecks.Bundle(id, bundle),
        bundle.Bundle is { } anchors
            ? ExpiryChecks.Anchors($"{id}-expiry", bundle.File.ToString(), anchors, chart.Time.GetUtcNow())
            : Finding.NotChecked($"{id}-expiry", $"validity of {bundle.File}", $"{id} failed"),
    ];

    private static IEnumerable<Finding> Policy(Chart chart) => chart.Policy is not { } policy
        ? [NotGiven("policy", "the frontend policy", "--frontend-policy", OnTheServer)]
        :
        [
            PolicyChecks.Rules(policy),
            .. chart.Input.Clusters.Count > 0
                ? chart.Input.Clusters.Select(c => PolicyChecks.Dial(chart, policy, c))
                : [NotGiven("policy.dial", "whether the policy allows a dial", "--cluster")],
        ];

    private static IEnumerable<Finding> Dials(Chart chart) =>
        chart.Input.Clusters.Count == 0 ? [NotGiven("dial", "whether clusters can be reached through the server", "--cluster")]
        : chart.Dials.Count > 0 ? chart.Dials.Select(DialChecks.Dial)
        : chart.Input.Clusters.Select(c => DialChecks.NotDialled(
            c, chart.Frontend is { } frontend ? $"{ReachChecks.Because(FrontendPort(chart, frontend))}" : "--server was not given"));

    private static IEnumerable<Finding> Page(PageFacts page) =>
    [
        PageChecks.Health(page),
        .. page.Fault is null
            ?
            [
                PageChecks.Ready(page),
                ServiceChecks.Clock($"{PageChecks.Prefix(page)}.clock", page.Text, page.Clock, "its answer bears no Date"),
            ]
            : Array.Empty<Finding>(),
        .. page.Kind is PageKind.Server or PageKind.Agent or PageKind.Gateway
            ? [PageChecks.Warnings(page), CounterChecks.Reloads(page)]
            : Array.Empty<Finding>(),
        .. page.Kind is PageKind.Server
            ?
            [
                PageChecks.Agents(page),
                PageChecks.Identity(page),
                PageChecks.Peers(page),
                CounterChecks.Handshakes(page),
                CounterChecks.Refusals(page),
                CounterChecks.Audit(page),
            ]
            : Array.Empty<Finding>(),
        .. page.Kind is PageKind.Agent ? [PageChecks.Servers(page)] : Array.Empty<Finding>(),
        .. page.Kind is PageKind.Gateway
            ? [GatewayChecks.Clusters(page), GatewayChecks.Trust(page), GatewayChecks.Reach(page), CounterChecks.Audit(page)]
            : Array.Empty<Finding>(),
    ];

    private static PortSubject FrontendPort(Chart chart, PortFacts facts) => new("frontend", facts, PortKind.Frontends, "--ca")
    {
        Ca = chart.FrontendCa,
        Pair = chart.FrontendPair,
        OtherPlane = [.. new[] { chart.AgentCa, chart.ClusterCa }.OfType<BundleFacts>()],
        AtHand = AtHand(chart),
        Time = chart.Time,
    };

    private static PortSubject AgentPort(Chart chart, PortFacts facts) => new("agent-port", facts, PortKind.Agents, "--agent-ca")
    {
        Ca = chart.AgentCa,
        Pair = chart.AgentPair,
        OtherPlane = [.. new[] { chart.FrontendCa, chart.ServerCa }.OfType<BundleFacts>()],
        AtHand = AtHand(chart),
        Time = chart.Time,
    };

    private static PortSubject GatewayPort(Chart chart, PortFacts facts) => new("gateway", facts, PortKind.Gateway, "--gateway-ca")
    {
        Ca = chart.GatewayCa,
        Time = chart.Time,
    };

    private static X509Certificate2[] AtHand(Chart chart) =>
        [.. new[] { chart.FrontendPair, chart.AgentPair, chart.ServerPair, chart.ClusterPair }.OfType<PairFacts>().SelectMany(static p => p.Chain.Skip(1))];

    private static Finding NotGiven(string id, string what, string option, string place = "") =>
        Finding.NotChecked(id, what, $"{option} {(option.IndexOf("--", 2, StringComparison.Ordinal) > 0 ? "were" : "was")} not given", $"{place}give {option}");
}
