using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client;

/// <summary>Registers the tunnel client with a container.</summary>
public static class TunnelClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds one <see cref="TunnelClient"/> for the life of the container. It logs and measures with the container's
    /// <see cref="ILoggerFactory"/> and <see cref="IMeterFactory"/> unless the options name others.
    /// </summary>
    /// <param name="services">The container's services.</param>
    /// <param name="configure">Sets at least <see cref="TunnelClientOptions.Address"/>. Runs at the first use.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddTunnelClient(this IServiceCollection services, Action<TunnelClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddSingleton(provider =>
        {
            var options = new TunnelClientOptions
            {
                LoggerFactory = provider.GetService<ILoggerFactory>(),
                MeterFactory = provider.GetService<IMeterFactory>(),
            };
            configure(options);
            return new TunnelClient(options);
        });
    }
}
