using Spectre.Console;

namespace ClusterProxy.Cli.Certs;

/// <summary>The table of <c>certs inspect</c>; plain text when the output is no terminal.</summary>
internal static class CertificateTable
{
    public static void Write(IReadOnlyList<CertificateReport> reports, TextWriter output, bool isTerminal)
    {
        var console = TableConsole.Create(output, isTerminal);
        var table = new Table().Border(isTerminal ? TableBorder.Rounded : TableBorder.Ascii2);
        table.AddColumns("File", "Subject", "Issuer", "Names", "Valid until", "Left", "Type", "Usage", "Key");
        foreach (var report in reports)
        {
            table.AddRow(
                Cell(report.Position == 1 ? report.File : $"{report.File} #{report.Position}"),
                Cell(report.Subject),
                Cell(report.Issuer),
                Cell(string.Join(", ", report.Names)),
                Cell(report.NotAfter.ToString("yyyy-MM-dd HH:mm'Z'")),
                Left(report),
                Cell(report.KeyType),
                Cell(string.Join(", ", report.Usages)),
                Key(report.Key));
        }

        console.Write(table);
    }

    private static Text Left(CertificateReport report) => report.Validity switch
    {
        ValidityState.Expired => new Text("expired", Color.Red),
        ValidityState.NotYetValid => new Text("not yet valid", Color.Red),
        _ when report.DaysLeft < 7 => new Text($"{report.DaysLeft:0.0} d", Color.Yellow),
        _ => new Text($"{report.DaysLeft:0} d"),
    };

    private static Text Key(KeyMatch key) => key switch
    {
        KeyMatch.Match => new Text("matches", Color.Green),
        KeyMatch.Mismatch => new Text("DOES NOT MATCH", Color.Red),
        KeyMatch.Encrypted => new Text("encrypted", Color.Yellow),
        _ => new Text("-"),
    };

    /// <summary>Certificates come from others: what they say must not drive a terminal.</summary>
    private static Text Cell(string text) => new(string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c)));
}
