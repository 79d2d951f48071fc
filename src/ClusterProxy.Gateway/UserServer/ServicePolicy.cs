using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.UserServer;

/// <summary>Who may reach which services. What no rule allows is denied, and nobody unknown is allowed anything.</summary>
internal sealed record ServicePolicy(IReadOnlyList<ServiceRule> Rules)
{
    public static ServicePolicy Nothing { get; } = new([]);

    public bool Allows(Caller caller, string cluster, ServiceReference service) =>
        caller.Kind != CallerKind.Anonymous && Rules.Any(r => r.Allows(caller, cluster, service));
}
