using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// When a tunnel has to be replaced because the certificate that opened it is about to end. A server checks a certificate in the
/// handshake only, so that without this a tunnel would outlive it for as long as it stays up.
/// </summary>
/// <param name="own">The agent's pair; null when it shows none.</param>
/// <param name="time">The clock.</param>
internal sealed class TunnelRenewal(ReloadingFile<KeyPair>? own, TimeProvider time)
{
    /// <summary>Longer would only mean that more tunnels of a fleet are doubled at one time.</summary>
    private static readonly TimeSpan LongestLead = TimeSpan.FromHours(1);

    /// <summary>While the renewed file is not there yet.</summary>
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    /// <summary>So that a clock that is set forward is noticed.</summary>
    private static readonly TimeSpan GreatestPause = TimeSpan.FromMinutes(10);

    /// <summary>Of the pair that the next handshake shows.</summary>
    public TunnelCredential? Next() => own is null ? null : Of(own.Value.Validity);

    /// <summary>Whether the tunnel should go and a newer certificate is there to come back with.</summary>
    public bool IsDue(ServerTunnel tunnel) =>
        tunnel.Credential is { } credential && credential.RenewFrom <= time.GetUtcNow() && own!.Value.Validity.End > credential.End;

    /// <summary>How long nothing can become due.</summary>
    public TimeSpan Pause(IEnumerable<ServerTunnel> tunnels)
    {
        var renewals = tunnels.Select(static t => t.Credential?.RenewFrom).OfType<DateTimeOffset>().ToArray();
        if (renewals.Length == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = renewals.Min() - time.GetUtcNow();
        return left < LeastPause ? LeastPause : left > GreatestPause ? GreatestPause : left;
    }

    /// <summary>Spread out, since the certificates of a fleet are often issued together.</summary>
    private static TunnelCredential Of(Validity validity)
    {
        var tenth = (validity.End - validity.Start) / 10;
        var lead = tenth < LongestLead ? tenth : LongestLead;
        return new(validity.End, validity.End - (lead * (0.5 + (Random.Shared.NextDouble() / 2))));
    }
}
