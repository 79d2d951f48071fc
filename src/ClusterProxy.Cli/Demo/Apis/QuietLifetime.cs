using Microsoft.Extensions.Hosting;

namespace ClusterProxy.Cli.Demo.Apis;

/// <summary>Leaves the signals to the command that owns the process.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
