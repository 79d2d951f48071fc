namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// When a tunnel or a lane has to be replaced because the certificate that opened it is about to end. Certificates are checked in the
/// handshake only, so that without this it would outlive its own for as long as it stays up.
/// </summary>
/// <param name="own">Of the pair that the next handshake shows.</param>
/// <param name="time">The clock.</param>
public sealed class CertificateRenewal(Func<Validity> own, TimeProvider time)
{
    /// <summary>Longer would only mean that more of a fleet is doubled at one time.</summary>
    private static readonly TimeSpan LongestLead = TimeSpan.FromHours(1);

    /// <summary>While the renewed file is not there yet.</summary>
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    /// <summary>So that a clock that is set forward is noticed.</summary>
    private static readonly TimeSpan GreatestPause = TimeSpan.FromMinutes(10);

    /// <summary>Of what is opened now. Spread out, since the certificates of a fleet are often issued together.</summary>
    public RenewableCredential Next()
    {
        var validity = own();
        var tenth = (validity.End - validity.Start) / 10;
        var lead = tenth < LongestLead ? tenth : LongestLead;
        return new(validity.End, validity.End - (lead * (0.5 + (Random.Shared.NextDouble() / 2))));
    }

    /// <summary>Whether it should go and a newer certificate is there to come back with.</summary>
    public bool IsDue(RenewableCredential credential) => credential.RenewFrom <= time.GetUtcNow() && own().End > credential.End;

    /// <summary>How long nothing can become due that is to be renewed from then on.</summary>
    public TimeSpan Pause(DateTimeOffset renewFrom)
    {
        var left = renewFrom - time.GetUtcNow();
        return left < LeastPause ? LeastPause : left > GreatestPause ? GreatestPause : left;
    }
}
