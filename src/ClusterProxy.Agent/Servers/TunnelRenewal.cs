using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Agent.Servers;

/// <summary>When a tunnel has to be replaced because the certificate that opened it is about to end.</summary>
/// <param name="own">The agent's pair; null when it shows none.</param>
/// <param name="time">The clock.</param>
internal sealed class TunnelRenewal(ReloadingFile<KeyPair>? own, TimeProvider time)
{
    private readonly CertificateRenewal? _renewal = own is null ? null : new(() => own.Value.Validity, time);

    /// <summary>Of the pair that the next handshake shows.</summary>
    public RenewableCredential? Next() => _renewal?.Next();

    /// <summary>Whether the tunnel should go and a newer certificate is there to come back with.</summary>
    public bool IsDue(ServerTunnel tunnel) => tunnel.Credential is { } credential && _renewal!.IsDue(credential);

    /// <summary>How long nothing can become due.</summary>
    public TimeSpan Pause(IEnumerable<ServerTunnel> tunnels)
    {
        var renewals = tunnels.Select(static t => t.Credential?.RenewFrom).OfType<DateTimeOffset>().ToArray();
        return renewals.Length == 0 ? Timeout.InfiniteTimeSpan : _renewal!.Pause(renewals.Min());
    }
}
