namespace ClusterProxy.LoadTests.Topologies;

internal sealed class DirectTopology(string name, int targetPort) : Topology(name)
{
    protected override IEnumerable<int> ProcessIds => [];

    public override Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task StopAsync() => Task.CompletedTask;

    public override ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken) =>
        Loopback.ConnectAsync(targetPort, cancellationToken);
}
