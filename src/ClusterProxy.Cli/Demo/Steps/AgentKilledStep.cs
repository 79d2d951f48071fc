using ClusterProxy.Cli.Demo.Topology;
using ClusterProxy.Cli.Demo.Views;
using ClusterProxy.Client;

namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>Kills an agent in the middle of a transfer: what used it fails fast, the other cluster does not notice, a new agent takes over.</summary>
internal sealed class AgentKilledStep(DemoTopology topology, TimeProvider time) : IDemoStep
{
    private const string Reason = "No agent available";
    private static readonly TimeSpan Fast = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReturnPatience = TimeSpan.FromSeconds(20);

    // More than any buffer on the way holds, so that the transfer is under way when the agent dies.
    private const long LongTransfer = 1L << 40;

    public string Name => "kill -9 alpha's agent, start it again";

    public string Claim => $"within {Fast.TotalSeconds} s the transfer breaks and dials say \"{Reason}\"; beta works; alpha works again";

    public async Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var frontend = topology.Frontend(FrontendKind.GrpcOverTls);
        var alpha = topology.Clusters.Single(static c => c.Name == "alpha");
        using var answer = await frontend.Http.GetAsync(
            new Uri($"https://alpha/download?bytes={LongTransfer}&seed=3"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var transfer = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await transfer.ReadExactlyAsync(new byte[1024 * 1024], cancellationToken);
        progress.Report(0.2);

        var killed = time.GetTimestamp();
        await alpha.Agent!.KillAsync();
        if (await BreaksAsync(transfer, cancellationToken) is { } unbroken)
        {
            return StepOutcome.Failed($"the running transfer breaks within {Fast.TotalSeconds} s", unbroken);
        }

        var broken = time.GetElapsedTime(killed);
        var dialed = time.GetTimestamp();
        var refusal = await RefusalAsync(frontend, cancellationToken);
        while (!refusal.Contains(Reason, StringComparison.Ordinal) && time.GetElapsedTime(dialed) < Fast)
        {
            // The transfer's own connection to the server may be known to be dead before the agent's tunnel is.
            refusal = await RefusalAsync(frontend, cancellationToken);
        }

        var refused = time.GetElapsedTime(dialed);
        if (!refusal.Contains(Reason, StringComparison.Ordinal) || refused > Fast)
        {
            return StepOutcome.Failed($"\"{Reason}\" within {Fast.TotalSeconds} s", $"{refusal} after {Readable.Duration(refused)}");
        }

        progress.Report(0.4);
        if (await GetAsync(frontend, "beta", cancellationToken) is { } betaFault)
        {
            return StepOutcome.Failed("beta goes on to answer", betaFault);
        }

        var restarted = time.GetTimestamp();
        await topology.StartAgentAsync(alpha, cancellationToken);
        progress.Report(0.7);
        var fault = await topology.SettleAsync(ReturnPatience, cancellationToken) ?? await GetAsync(frontend, "alpha", cancellationToken);
        return fault is null
            ? StepOutcome.Ok(
                $"transfer broke after {Readable.Duration(broken)}, then \"{Reason}\" in {Readable.Duration(refused)}; beta unaffected; "
                + $"back after {Readable.Duration(time.GetElapsedTime(restarted))}",
                broken)
            : StepOutcome.Failed($"alpha answers again within {ReturnPatience.TotalSeconds} s", fault);
    }

    /// <summary>Null if reading ends in an error in time.</summary>
    private async Task<string?> BreaksAsync(Stream transfer, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Fast, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var chunk = new byte[64 * 1024];
        try
        {
            while (await transfer.ReadAsync(chunk, both.Token) > 0)
            {
                // What was under way still arrives.
            }

            return "it ended as if it were complete";
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "it neither went on nor broke";
        }
    }

    private static async Task<string> RefusalAsync(DemoFrontend frontend, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await frontend.Tunnel.ConnectAsync("alpha:443", cancellationToken);
            return "a connection";
        }
        catch (TunnelConnectException e)
        {
            return e.Message;
        }
    }

    /// <summary>What was wrong; null for nothing.</summary>
    private static async Task<string?> GetAsync(DemoFrontend frontend, string cluster, CancellationToken cancellationToken)
    {
        using var answer = await frontend.Http.GetAsync(new Uri($"https://{cluster}/healthz"), cancellationToken);
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode && body == "ok" ? null : $"{cluster} answered {(int)answer.StatusCode} {body}";
    }
}
