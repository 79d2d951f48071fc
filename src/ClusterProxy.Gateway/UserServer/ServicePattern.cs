namespace ClusterProxy.Gateway.UserServer;

/// <summary>Service ports that a rule allows; <c>*</c> for any namespace or name.</summary>
internal sealed record ServicePattern
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>Null for any.</summary>
    public int? Port { get; init; }

    /// <summary>Null for any.</summary>
    public string? Scheme { get; init; }

    public bool Matches(ServiceReference service) =>
        (Namespace == ServiceRule.Any || Namespace == service.Namespace)
        && (Name == ServiceRule.Any || Name == service.Name)
        && (Port is null || Port == service.Port)
        && (Scheme is null || Scheme == service.Scheme);
}
