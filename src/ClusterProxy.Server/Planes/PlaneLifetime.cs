using Microsoft.Extensions.Hosting;

namespace ClusterProxy.Server.Planes;

/// <summary>Starts and stops when it is told to, and listens to no signal.</summary>
internal sealed class PlaneLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
