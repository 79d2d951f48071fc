using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>
/// Decides by the file of <c>--access-policy</c>, live. A file that cannot be read any more leaves the last good one in use, as with
/// every file that the gateway follows; at the start it must be good.
/// </summary>
internal sealed class PolicyAuthorizer(ReloadingFile<AccessPolicy> file) : IAuthorizer
{
    public bool JudgesInner => true;

    public Task<AccessAnswer> AuthorizeAsync(Caller caller, AccessRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(caller.IsMaster || file.Value.Allows(caller, request)
            ? AccessAnswer.Allowed
            : new AccessAnswer(IsAllowed: false, "no rule of the access policy allows it", IsInner: request.Inner is not null));
}
