namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// When a tunnel or a lane has to be replaced because the certificate or the token that opened it is about to end. Both are checked when
/// it is opened, so that without this it would outlive them for as long as it stays up.
/// </summary>
/// <param name="own">Of what the next one is opened with.</param>
/// <param name="time">The clock.</param>
public sealed class CredentialRenewal(Func<Validity> own, TimeProvider time)
{
    /// <summary>While the renewed file is not there yet.</summary>
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    /// <summary>So that a clock that is set forward is noticed.</summary>
    private static readonly TimeSpan GreatestPause = TimeSpan.FromMinutes(10);

    /// <summary>Of what is opened now.</summary>
    public RenewableCredential Next() => RenewableCredential.Of(own());

    /// <summary>Whether it should go, if there is something newer to come back with.</summary>
    public bool IsTime(RenewableCredential credential) => credential.RenewFrom <= time.GetUtcNow();

    /// <summary>Whether it should go and something newer is there to come back with.</summary>
    public bool IsDue(RenewableCredential credential) => IsTime(credential) && own().End > credential.End;

    /// <summary>How long nothing can become due that is to be renewed from then on.</summary>
    public TimeSpan Pause(DateTimeOffset renewFrom)
    {
        var left = renewFrom - time.GetUtcNow();
        return left < LeastPause ? LeastPause : left > GreatestPause ? GreatestPause : left;
    }
}
