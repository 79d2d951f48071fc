using ClusterProxy.EndToEnd.Tests.Faults;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Chaos;

/// <summary>kill -9 of anything and a way that breaks, in an order and at moments that a seed decides, under transfers by every kind of frontend.</summary>
public sealed class KilledProgramsTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task Programs_KilledUnderLoad_ServeAgain_SayWhatWasLost_AndLeaveNothing()
    {
        var random = SeededRandom.Create(Output.WriteLine);
        var programs = Own(new ChaosPrograms());
        await programs.StartAsync();
        var load = new ChaosLoad(programs, random.Next());
        load.Start();
        var victims = Enum.GetValues<ChaosVictim>();
        random.Shuffle(victims);
        foreach (var victim in victims)
        {
            // In the middle of transfers.
            await load.WaitForMoreAsync(random.Next(2, 6));
            var before = load.Broken.Count;
            load.Victim = victim;
            await programs.ReplaceAsync(victim, random.Next());

            // Every kind of frontend is served again, by the client that it had.
            await load.WaitForMoreAsync(2);
            Output.WriteLine($"{victim}: {load.Broken.Count - before} broken, {load.Complete} complete");
        }

        await load.StopAsync();
        foreach (var (kind, victim, result) in load.Broken)
        {
            Output.WriteLine($"{victim}, {kind}: {result.End} {result.Request} {result.Detail}");
            Assert.NotNull(victim);
            Assert.NotEqual("", result.Detail);

            // What a target's end looks like, and what CONNECT has no word for: see FaultRule.
            Assert.True(result.End == TransferEnd.Failed || kind == "connect" || victim == ChaosVictim.Target, $"{victim}, {kind}: {result}: nobody was told");
        }

        await programs.ShouldBecomeIdleAsync();
        Assert.Empty(programs.Wrong);
        await CheckAuditAsync(programs);
    }

    /// <summary>Every connection of the server that is still there has an end in the audit, and a reason for it.</summary>
    private static async Task CheckAuditAsync(ChaosPrograms programs) => await Eventually.ObserveAsync(
        () =>
        {
            var lines = programs.Audit.Where(l => l.GetProperty("time").GetDateTime() >= programs.ServerStarted).ToList();
            var ended = lines.Where(static l => AuditFile.Text(l, "event") == "close" && AuditFile.Text(l, "reason").Length > 0)
                .Select(static l => AuditFile.Text(l, "connection")).ToHashSet(StringComparer.Ordinal);
            var begun = lines.Where(static l => AuditFile.Text(l, "event") == "dial" && AuditFile.Text(l, "result") == "connected").ToList();
            return Task.FromResult(
                begun.Count == 0 ? "no connection at all" : string.Join(", ", begun.Select(static l => AuditFile.Text(l, "connection")).Where(c => !ended.Contains(c))));
        },
        static without => without.Length == 0);
}
