namespace ClusterProxy.Gateway.Forwarding;

/// <summary>As whom a request is made in the managed cluster.</summary>
internal sealed record ForwardedIdentity
{
    private ForwardedIdentity()
    {
    }

    /// <summary>As whoever the gateway's own credential says; no impersonation headers are sent.</summary>
    public static ForwardedIdentity AsGateway { get; } = new();

    /// <summary>Null for <see cref="AsGateway"/>, else never empty.</summary>
    public string? User { get; private init; }

    /// <summary>Null when there is none.</summary>
    public string? Uid { get; private init; }

    public IReadOnlyList<string> Groups { get; private init; } = [];

    /// <summary>Keys as the API server knows them, not escaped.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; private init; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">There is no user: the cluster would take the request for the gateway's own.</exception>
    public static ForwardedIdentity Impersonate(
        string user,
        string? uid = null,
        IReadOnlyList<string>? groups = null,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? extra = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        var identity = new ForwardedIdentity { User = user, Uid = uid is { Length: > 0 } ? uid : null, Groups = groups ?? [] };
        return extra is null ? identity : identity with { Extra = extra };
    }
}
