using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>Decides who may do what. Fails closed: what cannot be decided is not allowed.</summary>
internal interface IAuthorizer
{
    /// <summary>Whether requests for a cluster must say what they ask of it; a target that is ambiguous is then refused.</summary>
    bool JudgesInner { get; }

    Task<AccessAnswer> AuthorizeAsync(Caller caller, AccessRequest request, CancellationToken cancellationToken);
}
