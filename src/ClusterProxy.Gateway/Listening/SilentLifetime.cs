using Microsoft.Extensions.Hosting;

namespace ClusterProxy.Gateway.Listening;

/// <summary>Starts and stops when it is told to, and listens to no signal.</summary>
internal sealed class SilentLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
