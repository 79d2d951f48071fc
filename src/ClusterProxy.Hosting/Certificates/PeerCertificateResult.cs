using System.Text;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// The outcome of checking a peer, in words fit for one log line: control characters are replaced and lengths are bounded,
/// because everything here was written by the peer.
/// </summary>
public sealed record PeerCertificateResult
{
    private const int MaxText = 256;
    private const int MaxNames = 8;

    internal PeerCertificateResult(PeerVerdict verdict, string detail, string subject = "", string issuer = "", CertificateNames? names = null)
    {
        Verdict = verdict;
        Detail = Printable(detail);
        Subject = Printable(subject);
        Issuer = Printable(issuer);
        Names = Printable(Join(names));
    }

    public PeerVerdict Verdict { get; private init; }

    public bool IsAccepted => Verdict == PeerVerdict.Accepted;

    /// <summary>The closed set's spelling in logs and metrics, such as <c>not_yet_valid</c>.</summary>
    public string Reason => Verdict.Tag();

    /// <summary>The reason with its facts, such as the date on which it expired.</summary>
    public string Detail { get; private init; }

    /// <summary>Empty when no certificate was sent.</summary>
    public string Subject { get; }

    public string Issuer { get; }

    /// <summary>Subject alternative names, comma separated.</summary>
    public string Names { get; }

    /// <summary>An accepted certificate that was refused all the same.</summary>
    internal PeerCertificateResult But(PeerVerdict verdict, string detail) => this with { Verdict = verdict, Detail = Printable(detail) };

    private static string Join(CertificateNames? names)
    {
        var all = names?.All.ToArray() ?? [];
        return all.Length <= MaxNames
            ? string.Join(',', all)
            : $"{string.Join(',', all.Take(MaxNames))} and {all.Length - MaxNames} more";
    }

    private static string Printable(string text)
    {
        var printable = new StringBuilder(Math.Min(text.Length, MaxText));
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxText)))
        {
            printable.Append(char.IsControl(c) ? '?' : c);
        }

        return text.Length > MaxText ? printable.Append('…').ToString() : printable.ToString();
    }
}
