using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>
/// Disposes what a test made, last first, outside of the test's body: what a fixture finds wrong is then reported beside the
/// test's own failure instead of in its place.
/// </summary>
public abstract class TunnelTest(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly Stack<object> _owned = new();

    protected ITestOutputHelper Output => output;

    public Task InitializeAsync()
    {
        SeededRandom.PrintSeedOfThisRun(output.WriteLine);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        while (_owned.TryPop(out var thing))
        {
            if (thing is TunnelFixture fixture)
            {
                Print(fixture);
            }

            if (thing is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync().DefaultTimeout();
            }
            else
            {
                ((IDisposable)thing).Dispose();
            }
        }
    }

    /// <summary>Has it disposed at the end of the test.</summary>
    protected T Own<T>(T thing)
        where T : notnull
    {
        _owned.Push(thing);
        return thing;
    }

    internal async Task<TunnelFixture> StartAsync(TunnelSetup? setup = null) =>
        Own(await TunnelFixture.StartAsync(setup));

    /// <summary>Waits for the metrics and lines that SECURITY.md says this attack leaves behind.</summary>
    internal Task ShouldBeSeenAsync(TunnelFixture fixture, AuditFile? audit = null) => RedTeam.AttackTable.ShouldBeSeenAsync(
        output, fixture.Log.Log, audit, [fixture.ServerMetrics, .. fixture.Agents.Select((_, i) => fixture.AgentMetrics(i))]);

    protected async Task<HttpTarget> StartHttpTargetAsync() => Own(await HttpTarget.StartAsync());

    private void Print(TunnelFixture fixture)
    {
        foreach (var record in fixture.Log.Records.Where(static r =>
            r.Level >= LogLevel.Warning || (r.Level == LogLevel.Information && r.Category.StartsWith("ClusterProxy", StringComparison.Ordinal))))
        {
            output.WriteLine(record.ToString());
        }
    }
}
