using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Certificates;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>For whom certificates are, and what that lets their holders do. The rules are the server's own.</summary>
internal static class IdentityChecks
{
    public static Finding FrontendPlane(string id, PairFacts pair)
    {
        if (pair.Chain.Count == 0)
        {
            return FileChecks.Unread(id, $"for whom {pair.Certificate} is", pair);
        }

        var identity = CertificateIdentity.Of(pair.Chain[0]);
        var what = $"{pair.Certificate} is for {identity}";
        return identity switch
        {
            { Problem.Length: > 0 } => Finding.Warning(id, what, BadIdentity(pair, identity)),
            { Role: CertificateRole.None } => Finding.Ok(id, $"{pair.Certificate} says nothing of a plane, which is right where each plane has its own CA"),
            { Role: CertificateRole.Frontend } => Finding.Ok(id, what),
            _ => Finding.Failed(
                id, what,
                new Fault(
                    "wrong_plane", $"{pair.Chain[0].Subject} is for {identity}, and the frontend port refuses such certificates",
                    "give a frontend's certificate (URI spiffe://TRUST-DOMAIN/frontend/NAME)")),
        };
    }

    public static Finding AgentPlane(string id, PairFacts pair)
    {
        if (pair.Chain.Count == 0)
        {
            return FileChecks.Unread(id, $"for whom {pair.Certificate} is", pair);
        }

        var identity = CertificateIdentity.Of(pair.Chain[0]);
        return PlaneRules.ObjectionAtAgentPort(pair.Chain[0]) is { } objection
            ? Finding.Failed(
                id, $"{pair.Certificate} is for {identity}",
                new Fault("wrong_plane", $"the agent port refuses {pair.Chain[0].Subject}: {objection}", "give an agent's certificate (URI spiffe://TRUST-DOMAIN/cluster/NAME)"))
            : identity.Problem.Length > 0 ? Finding.Failed(id, $"for whom {pair.Certificate} is", BadIdentity(pair, identity))
            : identity.Role == CertificateRole.None ? Finding.Warning(
                id, $"for whom {pair.Certificate} is",
                new Fault(
                    "no_cluster", $"{pair.Chain[0].Subject} names no cluster: a server with --agent-identity=certificate refuses it",
                    "issue it with the URI spiffe://TRUST-DOMAIN/cluster/NAME, or with a common name that ends in :cluster:NAME"))
            : Finding.Ok(
                id,
                $"{pair.Certificate} is for {identity}; it may announce host={identity.Name}, host={identity.Name}.NAMESPACE and host={ServiceProxyHost.Of(identity.Name)}");
    }

    /// <param name="id">The check's.</param>
    /// <param name="pair">The agent's.</param>
    /// <param name="announced">As its flag has it.</param>
    /// <param name="isClaimed">Whether a server is known to believe what agents claim.</param>
    public static Finding Identifiers(string id, PairFacts? pair, string? announced, bool isClaimed)
    {
        const string What = "whether the agent may announce what it announces";
        if (announced is null || pair is not { Chain.Count: > 0 })
        {
            return Finding.NotChecked(
                id, What, announced is null ? "--agent-identifiers was not given" : "there is no agent's certificate", "give the agent's --agent-identifiers, and its certificate");
        }

        var what = $"--agent-identifiers={announced} by {pair.Certificate}";
        if (!AgentIdentifiers.TryParse(announced, out var identifiers, out var error))
        {
            return Finding.Failed(id, what, new Fault("bad_identifiers", error, "write them as host=alpha&host=alpha.NAMESPACE"));
        }

        var result = new AgentIdentityCheck(bind: true).Check(pair.Chain[0], identifiers);
        if (result.IsAccepted)
        {
            return Finding.Ok(id, $"{what}: all belong to cluster {result.Cluster}");
        }

        var fault = new Fault(
            result.Refusal!.Value.ToTag(), result.Detail, "announce only what belongs to the certificate's cluster, or issue the certificate for the right one");
        return isClaimed ? Finding.Warning(id, $"{what}; the server believes what agents claim", fault) : Finding.Failed(id, what, fault);
    }

    /// <summary>With one authority for both planes, only roles in certificates keep them apart.</summary>
    public static Finding Planes(string id, BundleFacts? frontends, BundleFacts? agents)
    {
        if (frontends?.Bundle is not { } first || agents?.Bundle is not { } second)
        {
            return Finding.NotChecked(
                id, "whether each plane has its own authority", "--server-ca-cert and --cluster-ca-cert are not both at hand", "on the server's machine, give both");
        }

        var what = $"{frontends.File} and {agents.File}";
        return !first.SharesKeyWith(second) ? Finding.Ok(id, $"{what} have no authority in common") : Finding.Warning(
            id, what,
            new Fault(
                "one_authority", $"one authority signs for both planes ({second.Subjects}): a certificate that names no plane may open the wrong one",
                "use two authorities (clusterproxy certs dev makes two), or give every frontend the URI spiffe://TRUST-DOMAIN/frontend/NAME"));
    }

    private static Fault BadIdentity(PairFacts pair, CertificateIdentity identity) => new(
        "bad_identity", $"the names of {pair.Chain[0].Subject} give no identity: {identity.Problem}", "reissue it with one well-formed name: spiffe://TRUST-DOMAIN/cluster/NAME or /frontend/NAME");
}
