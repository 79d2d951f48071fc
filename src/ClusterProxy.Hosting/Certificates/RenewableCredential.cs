namespace ClusterProxy.Hosting.Certificates;

/// <summary>The certificate or token that something long-lived was opened with, as far as its end goes.</summary>
/// <param name="End">From then on the other end has this one's word only.</param>
/// <param name="RenewFrom">From then on something opened with a newer one is to take its place.</param>
public readonly record struct RenewableCredential(DateTimeOffset End, DateTimeOffset RenewFrom)
{
    /// <summary>Longer would only mean that more of a fleet is doubled at one time.</summary>
    private static readonly TimeSpan LongestLead = TimeSpan.FromHours(1);

    /// <summary>Renewed at a moment of the last tenth's first half: those of a fleet are often issued together.</summary>
    public static RenewableCredential Of(Validity validity)
    {
        var tenth = (validity.End - validity.Start) / 10;
        var lead = tenth < LongestLead ? tenth : LongestLead;
        return new(validity.End, validity.End - (lead * (0.5 + (Random.Shared.NextDouble() / 2))));
    }
}
