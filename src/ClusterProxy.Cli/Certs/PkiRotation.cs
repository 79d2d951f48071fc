using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Certs;

/// <summary>
/// What one step of a rotation writes into a folder, in an order in which a step that was interrupted can simply be run again: the key
/// that says how far a roll-over has come is written last.
/// </summary>
/// <param name="folder">As <c>certs dev</c> fills it.</param>
/// <param name="time">The clock.</param>
internal sealed class PkiRotation(string folder, TimeProvider time)
{
    /// <summary>New certificates live as long as those they replace, unless this says otherwise.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <returns>Files to write; a null content is a file to delete.</returns>
    /// <exception cref="FormatException">The folder is not in the state that the step needs; the message says which step is due.</exception>
    public IReadOnlyList<(string Name, string? Pem)> Plan(RotationPhase step, IReadOnlyList<string> names)
    {
        var authorities = Authorities(names);
        try
        {
            // Of all authorities those that are left: the step may have been interrupted between two of them.
            var due = names.Count == 0 ? authorities.FindAll(a => !HasFinished(step, a)) : authorities;
            return [.. (due.Count == 0 ? authorities : due).SelectMany(a => Plan(step, a))];
        }
        finally
        {
            foreach (var authority in authorities)
            {
                authority.Dispose();
            }
        }
    }

    private List<(string Name, string? Pem)> Plan(RotationPhase step, PkiAuthority authority) => step switch
    {
        RotationPhase.Leaves => Reissue(authority, authority.Issuing),
        RotationPhase.Trust => Trust(authority),
        RotationPhase.Issue => Issue(authority),
        RotationPhase.Retire => Retire(authority),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "no step"),
    };

    private static bool HasFinished(RotationPhase step, PkiAuthority authority) => step switch
    {
        RotationPhase.Trust => authority.Next is not null,
        RotationPhase.Issue => authority is { Next: null, IsRollingOver: true, IssuesByTheNewest: true },
        RotationPhase.Retire => authority is { Next: null, IsRollingOver: false },
        _ => false,
    };

    private List<PkiAuthority> Authorities(IReadOnlyList<string> names)
    {
        var all = CertificateFiles().Select(f => PkiAuthority.Read(f, time)).OfType<PkiAuthority>().ToList();
        if (names.FirstOrDefault(n => all.All(a => a.Name != n)) is { } unknown)
        {
            throw new FormatException($"there is no authority \"{unknown}\" in {folder}; there are {string.Join(", ", all.Select(static a => a.Name))}");
        }

        return all.Count == 0 ? throw new FormatException($"there is no authority with its key in {folder}; make them with `clusterproxy certs dev`")
            : names.Count == 0 ? all
            : all.FindAll(a => names.Contains(a.Name));
    }

    private List<(string Name, string? Pem)> Trust(PkiAuthority authority)
    {
        if (authority.Next is not null || (authority.IsRollingOver && !authority.HasLostItsNext))
        {
            var due = authority.Next is not null ? "issue" : "retire";
            throw new FormatException($"a roll-over of {authority.Name} is under way already; go on with --step {due}");
        }

        var old = authority.Issuing.Certificate;
        using var next = CertificateAuthority.Create(NextName(old), time, Lifetime ?? LifetimeOf(old));
        return
        [
            (authority.CertificateFile, authority.Issuing.ExportCertificatePem() + next.ExportCertificatePem()),
            (authority.NextKeyFile, next.ExportKeyPem()),
        ];
    }

    private List<(string Name, string? Pem)> Issue(PkiAuthority authority) => authority.Next is { } next
        ? [.. Reissue(authority, next), (authority.KeyFile, next.ExportKeyPem()), (authority.NextKeyFile, null)]
        : throw new FormatException($"there is no new authority beside {authority.Name}; make one with --step trust first");

    private List<(string Name, string? Pem)> Retire(PkiAuthority authority)
    {
        if (authority.HasLostItsNext)
        {
            throw new FormatException($"the key of the new authority beside {authority.Name} is missing: --step trust was interrupted; run it again");
        }

        if (authority.Next is not null || !authority.IsRollingOver)
        {
            var due = authority.Next is not null ? "issue" : "trust";
            throw new FormatException($"{authority.Name} has no old authority to retire; a roll-over goes on with --step {due}");
        }

        var left = LeavesOf(authority).Where(l => !authority.IssuedNow(l.Certificate, time)).Select(static l => l.Name).ToArray();
        return left.Length == 0
            ? [(authority.CertificateFile, authority.Issuing.ExportCertificatePem())]
            : throw new FormatException($"{string.Join(", ", left)} would be trusted no more; issue them anew with --step leaves first");
    }

    private List<(string Name, string? Pem)> Reissue(PkiAuthority authority, CertificateAuthority issuer)
    {
        var files = new List<(string Name, string? Pem)>();
        foreach (var (name, certificate) in LeavesOf(authority))
        {
            using var leaf = issuer.Reissue(certificate, Lifetime ?? LifetimeOf(certificate));
            files.Add((Path.ChangeExtension(name, ".key"), leaf.ExportKeyPem()));
            files.Add((name, leaf.ExportCertificatePem()));
        }

        return files;
    }

    private IEnumerable<(string Name, X509Certificate2 Certificate)> LeavesOf(PkiAuthority authority) =>
        from file in CertificateFiles()
        where File.Exists(Path.ChangeExtension(file, ".key"))
        let leaf = CaBundle.Parse(File.ReadAllText(file), file).Certificates[0]
        where !PkiAuthority.IsAuthority(leaf) && authority.Trusts(leaf, time)
        select (Path.GetFileName(file), leaf);

    private string[] CertificateFiles() => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, "*.crt").Order(StringComparer.Ordinal)]
        : throw new FormatException($"there is no folder {folder}; make a PKI with `clusterproxy certs dev`");

    private static TimeSpan LifetimeOf(X509Certificate2 certificate) =>
        certificate.NotAfter - certificate.NotBefore - CertificateAuthority.ClockSkew;

    /// <summary>Path building and people tell two authorities apart by their names.</summary>
    private static string NextName(X509Certificate2 old)
    {
        var name = old.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        var mark = name.LastIndexOf(" G", StringComparison.Ordinal);
        return mark >= 0 && int.TryParse(name[(mark + 2)..], NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? $"{name[..mark]} G{generation + 1}"
            : $"{name} G2";
    }
}
