using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.UserServer;

/// <summary>Lets some callers reach some services in some clusters.</summary>
internal sealed record ServiceRule
{
    public const string Any = "*";

    public IReadOnlyList<string> Users { get; init; } = [];

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyList<string> Clusters { get; init; } = [];

    public IReadOnlyList<ServicePattern> Services { get; init; } = [];

    public bool Allows(Caller caller, string cluster, ServiceReference service) =>
        (Users.Contains(Any) || Users.Contains(caller.User) || Groups.Any(caller.Groups.Contains))
        && (Clusters.Contains(Any) || Clusters.Contains(cluster))
        && Services.Any(s => s.Matches(service));
}
