namespace ClusterProxy.Gateway.Identities;

/// <summary>What of a caller a managed cluster is told beside name and groups.</summary>
internal sealed record IdentityOptions
{
    /// <summary>Keys of extras. None by default: the gateway's credential needs the right to impersonate each of them.</summary>
    public IReadOnlySet<string> Extra { get; init; } = new HashSet<string>();

    /// <summary>Off lets callers that no rule maps act as the gateway: upstream's way, and a master key for all of them.</summary>
    public bool ImpersonatesCallers { get; init; } = true;

    /// <summary>For debugging alone.</summary>
    public bool TakesAnonymous { get; init; }

    /// <summary>Off for the same reason as <see cref="Extra"/>.</summary>
    public bool PassUid { get; init; }
}
