using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// Who a certificate says its holder is, by names that the authority vouched for:
/// <list type="bullet">
/// <item>a URI <c>spiffe://TRUST-DOMAIN/cluster/NAME</c>, or a common name that ends in <c>:cluster:NAME</c>: an agent of that cluster;</item>
/// <item>a URI <c>spiffe://TRUST-DOMAIN/frontend/NAME</c>: a frontend;</item>
/// <item>a URI <c>spiffe://TRUST-DOMAIN/server/NAME</c>: a server, toward other servers;</item>
/// <item>none of them: no role. Other names, SPIFFE's too, mean nothing here.</item>
/// </list>
/// The trust domain is not compared: which authorities count is for the CA bundle to say.
/// </summary>
public sealed record CertificateIdentity
{
    private const string Scheme = "spiffe://";
    private const string CommonNameOid = "2.5.4.3";

    private static readonly (string Segment, CertificateRole Role)[] Roles =
        [("cluster", CertificateRole.Agent), ("frontend", CertificateRole.Frontend), ("server", CertificateRole.Server)];

    private CertificateIdentity(CertificateRole role, string name, string problem = "")
    {
        Role = role;
        Name = name;
        Problem = problem;
    }

    /// <summary><see cref="CertificateRole.None"/> also when there is a <see cref="Problem"/>.</summary>
    public CertificateRole Role { get; }

    /// <summary>The agent's cluster, or the frontend's or server's name; empty without a role.</summary>
    public string Name { get; }

    /// <summary>Why its names give no identity although they try to: malformed, or more than one. Empty when all is well.</summary>
    public string Problem { get; }

    public static CertificateIdentity Of(X509Certificate2 certificate)
    {
        var found = new HashSet<CertificateIdentity>();
        foreach (var uri in CertificateNames.Of(certificate).Uris)
        {
            Add(found, OfUri(uri));
        }

        foreach (var name in CommonNames(certificate))
        {
            Add(found, OfCommonName(name));
        }

        return found.FirstOrDefault(static i => i.Problem.Length > 0)
            ?? (found.Count > 1 ? Invalid($"it names {string.Join(" and ", found)}") : found.SingleOrDefault())
            ?? new CertificateIdentity(CertificateRole.None, "");
    }

    public override string ToString() => Role switch
    {
        CertificateRole.Agent => $"cluster {Name}",
        CertificateRole.Frontend => $"frontend {Name}",
        CertificateRole.Server => $"server {Name}",
        _ => Problem.Length > 0 ? Problem : "nobody",
    };

    private static void Add(HashSet<CertificateIdentity> found, CertificateIdentity? identity)
    {
        if (identity is not null)
        {
            found.Add(identity);
        }
    }

    private static CertificateIdentity? OfUri(string uri)
    {
        if (!uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var parts = uri[Scheme.Length..].Split('/');
        var role = parts.Length < 2 ? CertificateRole.None : Roles.FirstOrDefault(r => r.Segment == parts[1]).Role;
        return role == CertificateRole.None ? null
            : parts.Length == 3 && uri.StartsWith(Scheme, StringComparison.Ordinal) && IsTrustDomain(parts[0]) && IsName(role, parts[2])
                ? new CertificateIdentity(role, parts[2])
            : Invalid($"its URI {uri} is not {Scheme}TRUST-DOMAIN/{parts[1]}/NAME with a name of lower-case letters, digits and hyphens");
    }

    private static CertificateIdentity? OfCommonName(string name)
    {
        var parts = name.Split(':');
        return parts.Length < 3 || parts[^2] != "cluster" ? null
            : DnsLabel.IsValid(parts[^1]) ? new CertificateIdentity(CertificateRole.Agent, parts[^1])
            : Invalid($"its common name {name} does not end in a cluster's name of lower-case letters, digits and hyphens");
    }

    private static CertificateIdentity Invalid(string problem) => new(CertificateRole.None, "", problem);

    private static bool IsTrustDomain(string text) =>
        text.Length > 0 && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '_');

    /// <summary>SPIFFE's alphabet of a path segment for frontends and servers, which are not routed to.</summary>
    private static bool IsName(CertificateRole role, string text) => role == CertificateRole.Agent
        ? DnsLabel.IsValid(text)
        : text.Length > 0 && text is not "." and not ".." && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    /// <summary>Each that stands alone in its part of the subject.</summary>
    public static IEnumerable<string> CommonNames(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(static n => !n.HasMultipleElements && n.GetSingleElementType().Value == CommonNameOid)
                .Select(static n => n.GetSingleElementValue())
                .OfType<string>()];
        }
        catch (CryptographicException)
        {
            // A subject that cannot be read names nobody.
            return [];
        }
    }
}
