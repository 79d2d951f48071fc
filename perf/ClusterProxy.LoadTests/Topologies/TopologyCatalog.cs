using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>The topologies of a comparison: the references, ours by each frontend, and every pairing with a peer.</summary>
internal static class TopologyCatalog
{
    private static readonly (string Name, FrontendKind Kind)[] _own =
    [
        ("grpc+uds", FrontendKind.GrpcUnix), ("grpc+mtls", FrontendKind.GrpcTls),
        ("connect+uds", FrontendKind.ConnectUnix), ("connect+mtls", FrontendKind.ConnectTls),
    ];

    private static readonly (string Name, FrontendKind Kind, string Mode)[] _peer =
    [
        ("grpc+uds", FrontendKind.GrpcUnix, "grpc"), ("connect+uds", FrontendKind.ConnectUnix, "http-connect"),
    ];

    /// <param name="ownServer">Ours; null for the one built with this program.</param>
    /// <param name="ownAgent">Likewise.</param>
    /// <param name="peerServer">Another konnectivity-compatible server, if given.</param>
    /// <param name="peerAgent">Another konnectivity-compatible agent, if given.</param>
    /// <param name="configure">How all pairs are run.</param>
    public static IReadOnlyList<TopologyPlan> Create(string? ownServer, string? ownAgent, string? peerServer, string? peerAgent, Func<PairSettings, PairSettings> configure)
    {
        ownServer ??= BuiltProgram.ProxyServer;
        ownAgent ??= BuiltProgram.ProxyAgent;
        TopologyPlan[] plans =
        [
            new("direct", TopologyKind.Direct, null),
            new("haproxy", TopologyKind.Haproxy, OutsideProgram.IsInstalled("haproxy") ? null : "haproxy is not installed (Debian: haproxy)"),
            new("ssh -R", TopologyKind.Ssh, SshTopology.Missing),
            .. _own.Select(own => new TopologyPlan($"ours {own.Name}", TopologyKind.Own, MissingFile(ownServer, ownAgent))
            {
                Frontend = own.Kind,
                Pair = new PairSettings(ownServer, ownAgent, Mode: null),
            }),
            .. Pairing("peer", peerServer, peerAgent),
            .. Pairing("peer>ours", peerServer, peerServer is null ? null : ownAgent),
            .. Pairing("ours>peer", peerAgent is null ? null : ownServer, peerAgent),
        ];
        return [.. plans.Select(plan => plan with { Pair = plan.Pair is { } pair ? configure(pair) : null })];
    }

    /// <summary>Server, then agent; nothing when one of them is not given.</summary>
    private static IEnumerable<TopologyPlan> Pairing(string name, string? server, string? agent) =>
        server is null || agent is null
            ? []
            : _peer.Select(peer => new TopologyPlan($"{name} {peer.Name}", TopologyKind.Peer, MissingFile(server, agent))
            {
                Frontend = peer.Kind,
                Pair = new PairSettings(server, agent, peer.Mode),
            });

    private static string? MissingFile(params string[] paths) =>
        paths.FirstOrDefault(path => !File.Exists(path)) is { } missing ? $"{missing} does not exist" : null;
}
