using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Gateway.Status;
using ClusterProxy.Kubernetes.Requests;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>Denials in Kubernetes' words, which people and programs know.</summary>
internal static class ForbiddenAnswer
{
    public static StatusAnswer Of(ApiGroup group, Caller caller, AccessRequest request, AccessAnswer answer)
    {
        var why = answer.Reason.Length > 0 ? $": {answer.Reason}" : "";
        return answer.IsInner && request.Inner is { } inner ? OfInner(caller, request.Name, inner, why)
            : request.Path.Length > 0 ? StatusAnswer.Forbidden($"forbidden: User \"{caller.User}\" cannot {request.Verb} path \"{request.Path}\"{why}")
            : OfResource(group, caller, request, why);
    }

    private static StatusAnswer OfResource(ApiGroup group, Caller caller, AccessRequest request, string why)
    {
        var resource = request.Subresource.Length > 0 ? $"{request.Resource}/{request.Subresource}" : request.Resource;
        var name = request.Name.Length > 0 ? $" \"{request.Name}\"" : "";
        return StatusAnswer.Forbidden(
            $"{request.Resource}.{group.Name}{name} is forbidden: User \"{caller.User}\" cannot {request.Verb} resource \"{resource}\" "
            + $"in API group \"{group.Name}\" at the cluster scope{why}",
            new ApiStatusDetails { Name = NullIfEmpty(request.Name), Group = group.Name, Kind = request.Resource });
    }

    private static StatusAnswer OfInner(Caller caller, string cluster, InnerRequest inner, string why)
    {
        if (!inner.IsResource)
        {
            return StatusAnswer.Forbidden($"forbidden: User \"{caller.User}\" cannot {inner.Verb} path \"{inner.Path}\" of cluster \"{cluster}\"{why}");
        }

        var resource = inner.Subresource.Length > 0 ? $"{inner.Resource}/{inner.Subresource}" : inner.Resource;
        var kind = inner.Group.Length > 0 ? $"{inner.Resource}.{inner.Group}" : inner.Resource;
        var name = inner.Name.Length > 0 ? $" \"{inner.Name}\"" : "";
        var scope = inner.Namespace.Length > 0 ? $"in the namespace \"{inner.Namespace}\"" : "at the cluster scope";
        return StatusAnswer.Forbidden(
            $"{kind}{name} is forbidden: User \"{caller.User}\" cannot {inner.Verb} resource \"{resource}\" in API group \"{inner.Group}\" "
            + $"{scope} of cluster \"{cluster}\"{why}",
            new ApiStatusDetails { Name = NullIfEmpty(inner.Name), Group = NullIfEmpty(inner.Group), Kind = inner.Resource });
    }

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;
}
