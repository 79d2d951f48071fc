using ClusterProxy.Gateway.Aggregation;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Status;

namespace ClusterProxy.Gateway.UserServer;

/// <summary>
/// OCM's user-server paths, behind the same authentication as everything else. The API servers of clusters are reached with the same
/// rights and in the same name as under <c>clustergateways/NAME/proxy</c>; services by the allow-list.
/// </summary>
/// <param name="apiServers">Serves requests for API servers.</param>
/// <param name="services">Null when the policy allows nothing.</param>
/// <param name="policy">Asked once a request.</param>
/// <param name="clusters">Those that there are.</param>
internal sealed class UserServerPaths(ProxiedRequests apiServers, ServiceForwarder? services, Func<ServicePolicy> policy, ClusterCatalog clusters)
{
    public Task ServeAsync(ServedRequest request)
    {
        if (request.Caller.Kind == CallerKind.Anonymous)
        {
            return request.RefuseAsync(StatusAnswer.Unauthorized());
        }

        if (UserPath.IsApiServers(request.Target))
        {
            return request.RefuseAsync(StatusAnswer.NoSuchPath());
        }

        return UserPath.Parse(request.Target, out var problem) is { } path
            ? ServeAsync(request, path)
            : request.RefuseAsync(request.Target.Path.LastIndexOf('/') > 0 ? StatusAnswer.BadRequest(problem) : StatusAnswer.NoSuchPath());
    }

    private Task ServeAsync(ServedRequest request, UserPath path)
    {
        if (path.Service is not { } service)
        {
            return apiServers.ServeAsync(request, path.Cluster, path.Target);
        }

        if (service.IsApiServer)
        {
            return request.RefuseAsync(StatusAnswer.Forbidden(
                $"the API server of a cluster is not served as a service: write /{path.Cluster}/ and the path on it"));
        }

        // The same answer for a cluster that is not there, so that nobody learns which clusters there are without the right to one.
        if (!policy().Allows(request.Caller, path.Cluster, service))
        {
            return request.RefuseAsync(StatusAnswer.Forbidden(
                $"user \"{request.Caller.User}\" may not reach {service} of cluster \"{path.Cluster}\": no rule of --service-policy allows it"));
        }

        if (services is null)
        {
            return request.RefuseAsync(StatusAnswer.NotFound("", "clusters", path.Cluster));
        }

        if (clusters.Find(path.Cluster, out var missing) is null)
        {
            return request.RefuseAsync(StatusAnswer.NotKnownYet(missing) ?? StatusAnswer.NotFound("", "clusters", path.Cluster));
        }

        request.Record.Cluster = path.Cluster;
        request.Record.IsForwarded = true;
        return services.ForwardAsync(request.Context, path.Cluster, service, path.Target.ToString());
    }
}
