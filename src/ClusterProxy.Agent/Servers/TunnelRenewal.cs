using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Agent.Servers;

/// <summary>When a tunnel has to be replaced because the certificate or the token that opened it is about to end.</summary>
/// <param name="own">The agent's pair; null when it shows none.</param>
/// <param name="token">Its token; null when it shows none.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of a token that cannot be read when it is needed.</param>
internal sealed class TunnelRenewal(ReloadingFile<KeyPair>? own, TokenFile? token, TimeProvider time, ILogger logger)
{
    private readonly CredentialRenewal? _renewal =
        own is null && token is null ? null : new(() => Sooner(own?.Value.Validity, token?.Last?.Life), time);

    private string _trouble = "";

    /// <summary>Of the pair that the next handshake shows.</summary>
    public Validity? Certificate => own?.Value.Validity;

    /// <summary>Of a tunnel that was opened with both, or one of them, or nothing that ends.</summary>
    public static RenewableCredential? Of(Validity? certificate, Validity? token) =>
        certificate is null && token is null ? null : RenewableCredential.Of(Sooner(certificate, token));

    /// <summary>Whether the tunnel should go and something newer is there to come back with.</summary>
    public bool IsDue(ServerTunnel tunnel) => tunnel.Credential is { } credential && _renewal!.IsDue(credential);

    /// <summary>Reads the token if one of the tunnels should go, since otherwise only a new connection would.</summary>
    public async Task LookAsync(IEnumerable<ServerTunnel> tunnels, CancellationToken cancellationToken)
    {
        if (token is null || !tunnels.Any(t => t.Credential is { } credential && _renewal!.IsTime(credential)))
        {
            return;
        }

        var trouble = "";
        try
        {
            await token.ReadAsync(cancellationToken);
        }
        catch (ServerConnectException e)
        {
            // The tunnels go on, and the next look comes soon.
            trouble = e.Message;
        }

        if (Interlocked.Exchange(ref _trouble, trouble) != trouble && trouble.Length > 0)
        {
            AgentLog.RenewalDelayed(logger, trouble);
        }
    }

    /// <summary>How long nothing can become due.</summary>
    public TimeSpan Pause(IEnumerable<ServerTunnel> tunnels)
    {
        var renewals = tunnels.Select(static t => t.Credential?.RenewFrom).OfType<DateTimeOffset>().ToArray();
        return renewals.Length == 0 ? Timeout.InfiniteTimeSpan : _renewal!.Pause(renewals.Min());
    }

    private static Validity Sooner(Validity? certificate, Validity? token) =>
        certificate is { } one && token is { } other ? (one.End < other.End ? one : other)
        : certificate ?? token ?? new Validity(DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
}
