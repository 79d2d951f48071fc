namespace ClusterProxy.Hosting.Certificates;

/// <summary>What a leaf is asked to say about its holder.</summary>
public sealed record CertificateProfile
{
    public required string CommonName { get; init; }

    public string? Organization { get; init; }

    /// <summary>DNS names and IP literals, told apart by their form.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    public IReadOnlyList<Uri> Uris { get; init; } = [];

    /// <summary>When absent, five minutes ago: clocks of a fleet are never exactly alike.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Counted from now, not from <see cref="NotBefore"/>; never beyond the issuer's own end.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(365);
}
