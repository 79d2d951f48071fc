using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>What a server showed: who signed it, for which name, for how long.</summary>
internal static class ServerCertificateChecks
{
    public static Finding Chain(PortSubject port)
    {
        var id = $"{port.Id}.chain";
        var what = $"who signed the certificate of {port.Text}";
        if (Unseen(id, what, port) is { } unseen)
        {
            return unseen;
        }

        if (port.Ca is { Bundle: null })
        {
            return Finding.NotChecked(id, what, $"{port.Ca.File} cannot be used", $"see {port.Id}.ca");
        }

        var leaf = port.Facts.Presented[0];
        return port.Facts.Verdict!.Verdict switch
        {
            PeerVerdict.Untrusted => Finding.Failed(id, what, Untrusted(port, leaf)),
            PeerVerdict.WrongUsage => Finding.Failed(
                id, what,
                new Fault("no_server_usage", $"{leaf.Subject} of {port.Text} is no server's certificate: {port.Facts.Verdict.Detail}", "issue the server's certificate with extended key usage serverAuth")),
            PeerVerdict.InvalidChain => Finding.Failed(
                id, what, new Fault("invalid_chain", $"{leaf.Subject} of {port.Text}: {port.Facts.Verdict.Detail}", "reissue the certificates that the cause names")),
            _ => Finding.Ok(id, $"{leaf.Subject} of {port.Text} is signed by {leaf.Issuer}, which {(port.Ca is null ? "this machine trusts" : $"{port.Ca.File} leads to")}"),
        };
    }

    public static Finding Name(PortSubject port)
    {
        var id = $"{port.Id}.name";
        var name = port.Facts.Target.Name;
        var what = $"whether the certificate of {port.Text} is for {name}";
        return Unseen(id, what, port) ?? Name(id, what, port.Facts.Presented[0], name, port.Kind == PortKind.Frontends ? ", or give the name it bears by --server-name" : "");
    }

    /// <param name="id">The check's.</param>
    /// <param name="what">For people.</param>
    /// <param name="leaf">Whose names.</param>
    /// <param name="name">A DNS name or an address.</param>
    /// <param name="elseRemedy">Another way out.</param>
    public static Finding Name(string id, string what, X509Certificate2 leaf, string name, string elseRemedy)
    {
        var bare = name.TrimEnd('.').Trim('[', ']');
        if (leaf.MatchesHostname(bare, allowWildcards: true, allowCommonName: false))
        {
            return Finding.Ok(id, $"{leaf.Subject} is for {bare}");
        }

        var names = string.Join(", ", CertificateNames.Of(leaf).All);
        var isAddress = System.Net.IPAddress.TryParse(bare, out _);
        return Finding.Failed(
            id, what,
            new Fault(
                isAddress ? "address_not_in_certificate" : "name_not_in_certificate",
                $"{leaf.Subject} is not for {bare} but for: {(names.Length > 0 ? names : "no name at all")}",
                $"issue it with {bare} among its {(isAddress ? "IP addresses (a DNS name does not cover an address)" : "DNS names (an IP address or a common name does not cover a name)")}"
                + $", connect by a name that it bears{elseRemedy}"));
    }

    public static Finding Expiry(PortSubject port)
    {
        var id = $"{port.Id}.expiry";
        return Unseen(id, $"validity of the certificate of {port.Text}", port)
            ?? ExpiryChecks.Chain(id, $"the certificate of {port.Text}", port.Facts.Presented, port.Time.GetUtcNow());
    }

    private static Finding? Unseen(string id, string what, PortSubject port) =>
        port.Facts.Presented.Count > 0 && port.Facts.Verdict is not null ? null : Finding.NotChecked(id, what, ReachChecks.Because(port));

    private static Fault Untrusted(PortSubject port, X509Certificate2 leaf)
    {
        var sent = port.Facts.Presented;
        var issuer = sent[^1].Issuer;
        if (port.OtherPlane.FirstOrDefault(b => Knows(b.Bundle, leaf, sent, port.Time)) is { } other)
        {
            return new Fault(
                "other_plane", $"{leaf.Subject} of {port.Text} is signed by an authority of the other plane ({other.File}): this port is not for {port.Plane}, or {port.CaFlag} names the wrong file",
                $"write the port for {port.Plane} (by default {port.DefaultPort}), or the right file in {port.CaFlag}");
        }

        if (port.AtHand.Count > 0 && Knows(port.Ca?.Bundle, leaf, [.. sent, .. port.AtHand], port.Time))
        {
            return new Fault(
                "missing_intermediate", $"{port.Text} sends {leaf.Subject} without the certificate of its issuer {leaf.Issuer}, which is an intermediate",
                $"append the certificate of {leaf.Issuer} to the server's certificate file, behind the leaf");
        }

        if (port.Ca?.Bundle?.Certificates.Any(a => a.Subject == issuer) == true)
        {
            return new Fault(
                "other_key", $"{leaf.Subject} of {port.Text} is signed by {issuer}, but not by the key of the authority of that name in {port.Ca.File}",
                "the authority was made anew: give the present one, both during a roll-over (clusterproxy certs rotate)");
        }

        return new Fault(
            "unknown_authority", $"{leaf.Subject} of {port.Text} is signed by {issuer}, which is not {(port.Ca is null ? "a root of this machine" : $"in {port.Ca.File} ({port.Ca.Bundle!.Subjects})")}; it sent {sent.Count} certificate(s)",
            $"give the authority that signed it by {port.CaFlag}; if {issuer} is an intermediate of yours, append it to the server's certificate file");
    }

    private static bool Knows(CaBundle? bundle, X509Certificate2 leaf, IReadOnlyList<X509Certificate2> chain, TimeProvider time) =>
        bundle is not null && PeerCertificateCheck.Check(leaf, chain, bundle, PeerUsage.Server, serverName: null, time).Verdict is not (PeerVerdict.Untrusted or PeerVerdict.InvalidChain);
}
