using System.Text.RegularExpressions;
using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.Identities;

/// <summary>Whom a rule is for: everything that is given must match, and something is given.</summary>
internal sealed record IdentitySource
{
    public string? User { get; init; }

    /// <summary>Any of the caller's.</summary>
    public string? Group { get; init; }

    public string? Uid { get; init; }

    public string? Cluster { get; init; }

    /// <summary>Not anchored, as in the Go gateway, so that its files mean here what they mean there.</summary>
    public Regex? UserPattern { get; init; }

    public Regex? GroupPattern { get; init; }

    public Regex? ClusterPattern { get; init; }

    public bool Matches(Caller caller, string cluster) =>
        (User is null || User == caller.User)
        && (Group is null || caller.Groups.Contains(Group))
        && (Uid is null || Uid == caller.Uid)
        && (Cluster is null || Cluster == cluster)
        && UserPattern?.IsMatch(caller.User) != false
        && (GroupPattern is null || caller.Groups.Any(GroupPattern.IsMatch))
        && ClusterPattern?.IsMatch(cluster) != false;
}
