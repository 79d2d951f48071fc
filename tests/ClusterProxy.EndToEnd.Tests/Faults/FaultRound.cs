using ClusterProxy.Client;

namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>Transfers of every kind and size at once while a plan of faults befalls a relay on their way.</summary>
/// <param name="client">Of the frontend.</param>
/// <param name="address">What it dials.</param>
/// <param name="target">Where that leads.</param>
/// <param name="random">Decides over the transfers.</param>
internal sealed class FaultRound(TunnelClient client, string address, PatternTarget target, SeededRandom random)
{
    public const int BulkLength = 1_500_000;

    /// <summary>Fails unless what arrived is right, and what did not arrive is known to be missing, as far as the rule asks for it.</summary>
    public async Task RunAsync(TcpRelay relay, FaultPlan plan, FaultRule rule, Action<string> print)
    {
        var transfers = Requests().Select(r => new Transfer(client, address, r).RunAsync()).ToList();
        var faults = plan.RunAsync(relay, TimeProvider.System, CancellationToken.None);
        var results = await Task.WhenAll(transfers).DefaultTimeout();
        await faults.DefaultTimeout();
        foreach (var result in results)
        {
            print($"{result.End} {result.Request} {result.Detail}");
        }

        await target.Open.WaitForAsync(0).DefaultTimeout();
        Assert.All(results, rule.Check);
        rule.CheckUploads(results, [.. target.Uploads.Items.TakeLast(results.Count(r => r.Request.Mode == PatternMode.Upload))]);
    }

    /// <summary>Returns once a transfer is complete: the agent's tunnel, or the client's pooled connection, may be found broken only by it.</summary>
    public async Task ShouldServeAgainAsync()
    {
        var request = new PatternRequest(PatternMode.Echo, random.Next(), 100_000);
        await Eventually.ObserveAsync(() => new Transfer(client, address, request).RunAsync(), static r => r.End == TransferEnd.Complete);
    }

    private List<PatternRequest> Requests()
    {
        PatternRequest New(PatternMode mode, int length) => new(mode, random.Next(), length);
        List<PatternRequest> bulk =
        [
            New(PatternMode.Download, BulkLength), New(PatternMode.Download, random.Next(1, BulkLength)),
            New(PatternMode.Upload, BulkLength), New(PatternMode.Upload, random.Next(1, BulkLength)),
            New(PatternMode.Echo, BulkLength / 2),
        ];
        return [.. bulk, .. Enumerable.Range(0, 20).Select(_ => New((PatternMode)random.Next(1, 4), random.Next(1, 20_000)))];
    }
}
