using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Server.Certificates;

/// <summary>
/// Which certificates open a port, beside those that its CA bundle does not know. A certificate that says for which plane it is opens
/// no other, whoever signed it. Where agents' identities are bound and one authority signs for both planes, a frontend's has to say so:
/// nothing else tells it from an agent's that says nothing.
/// </summary>
internal sealed class PlaneRules(ServerOptions options, ServerCertificates certificates)
{
    /// <summary>Why the certificate does not open the agent port; null when it does. What it may announce is decided later.</summary>
    public static string? ObjectionAtAgentPort(X509Certificate2 certificate) =>
        CertificateIdentity.Of(certificate) is { Role: CertificateRole.Frontend or CertificateRole.Server } other
            ? $"it is for {other}, and this port is for agents"
            : null;

    /// <summary>
    /// Why the certificate is none of a server of the fleet; null when it is. A server of the fleet asks for every frontend, so nobody
    /// counts as one who does not say so, whoever signed.
    /// </summary>
    public static string? ObjectionToPeer(X509Certificate2 certificate)
    {
        var identity = CertificateIdentity.Of(certificate);
        return identity.Role == CertificateRole.Server ? null
            : identity.Role != CertificateRole.None ? $"it is for {identity}, and servers speak with servers here"
            : identity.Problem.Length > 0 ? $"it says badly for whom it is: {identity.Problem}"
            : "it does not say spiffe://TRUST-DOMAIN/server/NAME";
    }

    /// <summary>
    /// Why the holder of a certificate that is a server's is not the server that it says it is; null when it is. Only the authority says
    /// who somebody is: a server that took another's id would take that one's agents out of the routing of the whole fleet.
    /// </summary>
    public static string? ObjectionToServerId(X509Certificate2? certificate, string id)
    {
        var identity = certificate is null ? null : CertificateIdentity.Of(certificate);
        return identity is { Role: CertificateRole.Server } && identity.Name == id
            ? null
            : $"it says that it is server \"{id}\", and its certificate is for {identity?.ToString() ?? "nobody"}";
    }

    /// <summary>Why the certificate does not open the frontend port; null when it does.</summary>
    public string? ObjectionAtFrontendPort(X509Certificate2 certificate)
    {
        var identity = CertificateIdentity.Of(certificate);
        return identity.Role == CertificateRole.Agent ? $"it is for an agent of {identity}, and this port is for frontends"
            : identity.Role == CertificateRole.Server ? $"it is for {identity}, and this port is for frontends"
            : identity.Problem.Length > 0 ? $"it says badly for which plane it is: {identity.Problem}"
            : options.BindsAgentIdentity && identity.Role == CertificateRole.None && OneAuthoritySignsBoth()
                ? "one authority signs for both planes, and it does not say spiffe://TRUST-DOMAIN/frontend/NAME"
            : null;
    }

    private bool OneAuthoritySignsBoth() =>
        certificates is { AgentAuthorities: { } agents, FrontendAuthorities: { } frontends } && agents.Value.SharesKeyWith(frontends.Value);
}
