using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>Everybody may do everything: <c>--standalone-debug-mode</c>, on loopback only.</summary>
internal sealed class OpenAuthorizer : IAuthorizer
{
    public bool JudgesInner => false;

    public Task<AccessAnswer> AuthorizeAsync(Caller caller, AccessRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(AccessAnswer.Allowed);
}
