using ClusterProxy.Cli.Demo.Topology;

namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>Starts everything and waits until both agents are connected.</summary>
internal sealed class ConnectStep(DemoTopology topology, TimeProvider time) : IDemoStep
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Name => "Start proxy-server and two agents";

    public string Claim => "/readyz of all three programs says ok and the server counts two clusters";

    public async Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        await topology.StartAsync(progress, cancellationToken);
        var fault = await topology.SettleAsync(Patience, cancellationToken);
        return fault is null
            ? StepOutcome.Ok("three programs ready, alpha and beta connected", time.GetElapsedTime(start))
            : StepOutcome.Failed($"{Claim} within {Patience.TotalSeconds} s", fault);
    }
}
