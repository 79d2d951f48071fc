using ClusterProxy.Cli.Demo.Topology;
using ClusterProxy.Client;

namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>A dial to an address where nothing listens: the caller is told why.</summary>
internal sealed class DeadTargetStep(DemoTopology topology, TimeProvider time) : IDemoStep
{
    private const string Reason = "connection refused";

    public string Name => "Dial a target where nothing listens";

    public string Claim => $"the dial fails with reason {DialFailureReason.Endpoint} and the words \"{Reason}\"";

    public async Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var target = new TunnelTarget("beta", DemoCluster.DeadTargetPort);
        var start = time.GetTimestamp();
        try
        {
            await using var stream = await topology.Frontend(FrontendKind.GrpcOverTls).Tunnel.ConnectAsync(target, cancellationToken);
            return StepOutcome.Failed(Claim, $"a connection to {target}");
        }
        catch (TunnelConnectException e)
        {
            var latency = time.GetElapsedTime(start);
            return e.Reason == DialFailureReason.Endpoint && e.Message.Contains(Reason, StringComparison.Ordinal)
                ? StepOutcome.Ok(e.Message, latency)
                : StepOutcome.Failed(Claim, $"reason {e.Reason}: {e.Message}");
        }
    }
}
