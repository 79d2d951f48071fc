namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>The cluster alpha, which cuts all connections in place of answering the requests that a test names by number, from 1 on.</summary>
internal sealed class CuttingCluster : IAsyncDisposable
{
    private KestrelCluster _cluster = null!;

    public ObservedCount Requests { get; } = new();

    public static async Task<CuttingCluster> StartAsync(ForwarderFixture gateway, Func<long, bool> cuts)
    {
        var cutting = new CuttingCluster();
        cutting._cluster = await KestrelCluster.StartAsync(gateway.Certificates, async context =>
        {
            cutting.Requests.Increment();
            if (cuts(cutting.Requests.Value))
            {
                cutting._cluster.CutConnections();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
        });
        gateway.AddCluster("alpha", cutting._cluster.Port);
        return cutting;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
