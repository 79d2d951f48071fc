using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Status;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>Requests below the API's root.</summary>
internal sealed class ResourceRequests(
    ApiGroup group,
    IReadOnlyList<ServedCollection> collections,
    HealthSubresource health,
    ProxiedRequests proxied,
    ClusterCatalog clusters,
    IAuthorizer authorizer)
{
    private const string Gateways = "clustergateways";

    public Task ServeAsync(ServedRequest request, ResourceRoute route)
    {
        if (collections.FirstOrDefault(c => c.Kind.Plural == route.Resource) is not { } collection)
        {
            return request.RefuseAsync(StatusAnswer.NoSuchPath());
        }

        return route switch
        {
            { Resource: Gateways, Subresource: "proxy" } => proxied.ServeAsync(request, route.Name, Inside(request.Target, route.Rest)),
            { Resource: Gateways, Subresource: "health", Rest: "" or "/" } => ServeHealthAsync(request, collection, route.Name),
            { Subresource: "" } => ServeCollectionAsync(request, collection, route.Name),
            _ => request.RefuseAsync(StatusAnswer.NoSuchPath()),
        };
    }

    /// <summary>What stands behind <c>proxy</c>, byte by byte; nothing and a slash are the same, since no answer may redirect.</summary>
    private static RequestTarget Inside(RequestTarget target, string rest) => target with { Path = rest.Length > 0 ? rest : "/" };

    private async Task ServeCollectionAsync(ServedRequest request, ServedCollection collection, string name)
    {
        if (!request.IsReading)
        {
            await request.RefuseAsync(StatusAnswer.MethodNotAllowed(
                $"{request.Context.Request.Method} is not supported on resources of kind \"{collection.Kind.Plural}.{group.Name}\": "
                + "clusters are described by Secrets, ManagedClusters or files"));
            return;
        }

        var verb = name.Length > 0 ? "get" : request.Target.Flag("watch") ? "watch" : "list";
        if (!await MayAsync(request, new AccessRequest(verb) { Resource = collection.Kind.Plural, Name = name }))
        {
            return;
        }

        if (name.Length > 0)
        {
            await GetAsync(request, collection, name);
        }
        else if (StatusAnswer.NotKnownYet(clusters.Missing) is { } notKnownYet)
        {
            await request.RefuseAsync(notKnownYet);
        }
        else
        {
            await collection.ListAsync(request.Context, request.Target);
        }
    }

    private async Task ServeHealthAsync(ServedRequest request, ServedCollection collection, string name)
    {
        var isWriting = HttpMethods.IsPut(request.Context.Request.Method);
        if (!request.IsReading && !isWriting)
        {
            await request.RefuseAsync(StatusAnswer.MethodNotAllowed($"{request.Context.Request.Method} is not supported on health; GET and PUT are"));
            return;
        }

        var access = new AccessRequest(isWriting ? "update" : "get") { Resource = Gateways, Subresource = "health", Name = name };
        if (!await MayAsync(request, access))
        {
            return;
        }

        await (isWriting ? health.PutAsync(request, name) : GetAsync(request, collection, name));
    }

    private async Task GetAsync(ServedRequest request, ServedCollection collection, string name)
    {
        var missing = clusters.Missing;
        if (collection.Find(name) is { } found)
        {
            await collection.GetAsync(request.Context, request.Target, found);
        }
        else
        {
            await request.RefuseAsync(StatusAnswer.NotKnownYet(missing) ?? StatusAnswer.NotFound(group.Name, collection.Kind.Plural, name));
        }
    }

    private async Task<bool> MayAsync(ServedRequest request, AccessRequest access)
    {
        request.Record.Access = access;
        var answer = await authorizer.AuthorizeAsync(request.Caller, access, request.Context.RequestAborted);
        if (!answer.IsAllowed)
        {
            await request.RefuseAsync(ForbiddenAnswer.Of(group, request.Caller, access, answer));
        }

        return answer.IsAllowed;
    }
}
