using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Asks the hub's API once for the gateway's APIService; changes nothing.</summary>
/// <param name="timeout">Of the request.</param>
/// <param name="time">The clock.</param>
internal sealed class ApiServiceReader(TimeSpan timeout, TimeProvider time)
{
    public async Task<ApiServiceFacts> ReadAsync(string kubeconfig, string name, CancellationToken cancellationToken)
    {
        try
        {
            using var hub = new KubernetesClient(
                ClusterAccess.Find(kubeconfig), new KubernetesClientOptions { RequestTimeout = timeout, Retry = new RetryOptions { MaxRetries = 0 } },
                loggers: null, time);
            try
            {
                return new(name, await hub.Resource(KnownResources.ApiServices).GetAsync(new ResourceName(name), cancellationToken), null);
            }
            catch (Exception e) when (e is ApiException or IOException and not KubeConfigException)
            {
                return new(name, null, Explain(e, name, hub.Access));
            }
        }
        catch (KubeConfigException e)
        {
            return new(name, null, new Fault("bad_kubeconfig", $"--kubeconfig={kubeconfig}: {e.Message}", "name the hub's kubeconfig"));
        }
    }

    private static Fault Explain(Exception e, string name, ClusterAccess hub) => e switch
    {
        ApiNotFoundException => new Fault(
            "no_apiservice", $"{hub.Cluster.Server} has no APIService {name}, so nobody reaches the gateway through it",
            "apply the gateway's APIService, or give its name by --apiservice (kubectl get apiservices)"),
        ApiUnauthorizedException or ApiForbiddenException => new Fault(
            "not_allowed", $"{hub.Cluster.Server} does not show APIService {name} to this user: {e.Message}", "give the kubeconfig of somebody who may get apiservices"),
        ApiException => new Fault("hub_error", $"{hub.Cluster.Server} did not give APIService {name}: {e.Message}", "see what the hub's API server says; try again"),
        _ => new Fault("hub_unreachable", $"{hub.Cluster.Server} cannot be asked: {e.Message}", "check the server and the authority in the kubeconfig, and the way there"),
    };
}
