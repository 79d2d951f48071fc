namespace ClusterProxy.Cli.Certs;

/// <summary>One certificate of one file, as <c>certs inspect</c> prints it.</summary>
internal sealed record CertificateReport
{
    public required string File { get; init; }

    /// <summary>1 is the leaf of a chain file.</summary>
    public required int Position { get; init; }

    public required string Subject { get; init; }

    public required string Issuer { get; init; }

    public required IReadOnlyList<string> Names { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Negative once expired.</summary>
    public required double DaysLeft { get; init; }

    public required ValidityState Validity { get; init; }

    public required string KeyType { get; init; }

    /// <summary>Extended key usages by short name, <c>CA</c> for authorities.</summary>
    public required IReadOnlyList<string> Usages { get; init; }

    public required KeyMatch Key { get; init; }

    /// <summary>What makes the command fail.</summary>
    public bool IsGood => Validity == ValidityState.Valid && Key != KeyMatch.Mismatch;
}
