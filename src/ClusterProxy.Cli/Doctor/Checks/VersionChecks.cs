using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>Whether all programs that were asked are of one version, and know the same additions to upstream's wire.</summary>
internal static class VersionChecks
{
    public static Finding Versions(IReadOnlyList<PageFacts> pages)
    {
        const string Id = "versions";
        var asked = pages.Where(static p => p.Fault is null).ToArray();
        if (asked.Length == 0)
        {
            return Finding.NotChecked(Id, "whether server, agents and this program are of one version", "no health port was read", "give --health-url of the server and of agents");
        }

        var own = ProductVersion.Of(typeof(VersionChecks).Assembly);
        var seen = string.Join(", ", asked.Select(p => $"{Version(p)} at {p.Text}").Prepend($"{own} here"));
        return asked.Select(p => p.Build?.Label("version")).OfType<string>().All(v => v == own)
            ? Finding.Ok(Id, seen)
            : Finding.Warning(Id, seen, new Fault("version_skew", $"different versions run: {seen}", "they work together; bring all to one version to have every addition, servers first"));
    }

    public static Finding Wire(IReadOnlyList<PageFacts> pages)
    {
        const string Id = "wire";

        // A gateway speaks to the server as any client does.
        var asked = pages.Where(static p => p.Build is not null && p.Kind != PageKind.Gateway).ToArray();
        if (asked.Length < 2)
        {
            return Finding.NotChecked(
                Id, "whether server and agents know the same additions to the wire", "fewer than two programs said which they know", "give --health-url of the server and of agents; upstream's have no additions");
        }

        var known = asked.Select(static p => (Page: p, Features: Features(p))).ToArray();
        var all = known.SelectMany(static k => k.Features).ToHashSet(StringComparer.Ordinal);
        var lacking = known.Where(k => k.Features.Count < all.Count)
            .Select(k => $"{k.Page.Text} lacks {string.Join(", ", all.Except(k.Features).Order(StringComparer.Ordinal))}").ToArray();
        return lacking.Length == 0
            ? Finding.Ok(Id, $"all know {string.Join(", ", all.Order(StringComparer.Ordinal))}")
            : Finding.Warning(
                Id, "which additions to the wire all know",
                new Fault("wire_skew", string.Join("; ", lacking), "tunnels work without; bring all to one version, or take the addition out of --without-features"));
    }

    private static string Version(PageFacts page) => page.Build?.Label("version") ?? $"{PageChecks.Whose(page)} without a version";

    private static HashSet<string> Features(PageFacts page) =>
        page.Build!.Label("features").Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
}
