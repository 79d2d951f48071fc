using System.Net;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Hosting.Memory;
using ClusterProxy.Hosting.Validation;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Protocol;

namespace ClusterProxy.Agent;

/// <summary>What no single flag's syntax can tell: ranges, files, and flags that need or exclude each other.</summary>
internal static class AgentOptionsValidator
{
    // One packet carries up to 64 KiB of payload.
    private const int LeastMessageSize = 128 * 1024;
    private const int MaxTunnelsPerServer = 64;
    private const int LeastBufferSize = 64 * 1024;

    public static IReadOnlyList<string> Validate(AgentOptions options)
    {
        var errors = new OptionErrors();
        CheckIdentity(options, errors);
        CheckServers(options, errors);
        CheckOperations(options, errors);
        CheckTargets(options, errors);
        CheckLimits(options, errors);
        errors.Readable("kubeconfig", options.Kubeconfig);
        if (!LabelSelector.TryParse(options.LeaseLabelSelector, out _, out var selectorError))
        {
            errors.Add($"flag --lease-label-selector: {selectorError}: write it as kubectl's --selector, such as k8s-app=konnectivity-server");
        }

        return errors.Sentences;
    }

    private static void CheckIdentity(AgentOptions options, OptionErrors errors)
    {
        errors.Readable("agent-cert", options.AgentCert);
        errors.Readable("agent-key", options.AgentKey);
        errors.BothOrNeither("agent-cert", options.AgentCert, "agent-key", options.AgentKey);
        errors.Readable("service-account-token-path", options.ServiceAccountTokenPath);
        if (!AgentIdentifiers.TryParse(options.AgentIdentifiers, out var identifiers, out var error))
        {
            errors.Add($"flag --agent-identifiers: \"{options.AgentIdentifiers}\" cannot be read ({error}): write type=value pairs "
                + "joined by &, such as host=node1&ipv4=10.0.0.1");
        }

        foreach (var unknown in identifiers.UnknownTypes)
        {
            errors.Add($"flag --agent-identifiers: \"{unknown}\" is not a type of identifier: write ipv4, ipv6, host, cidr or default-route");
        }
    }

    private static void CheckServers(AgentOptions options, OptionErrors errors)
    {
        errors.Readable("ca-cert", options.CaCert);
        errors.AddIf(
            options.CaCert.Length == 0,
            "flag --ca-cert is empty: name the CA file that servers' certificates are checked against");
        errors.AddIf(
            options.ProxyServerHost.Count == 0,
            "flag --proxy-server-host is empty: write the host name or address of a proxy-server");
        errors.Range("proxy-server-port", options.ProxyServerPort, 1, IPEndPoint.MaxPort);
        foreach (var protocol in options.AlpnProto.Where(protocol => protocol.Length is 0 or > byte.MaxValue))
        {
            errors.Add($"flag --alpn-proto: \"{protocol}\" is not a protocol name: write 1 to 255 characters");
        }

        errors.Positive("sync-interval", options.SyncInterval);
        errors.AddIf(
            options.SyncInterval > options.SyncIntervalCap,
            $"flag --sync-interval: {GoDuration.Format(options.SyncInterval)} is longer than --sync-interval-cap, which is "
            + $"{GoDuration.Format(options.SyncIntervalCap)}: lower the one or raise the other");
        errors.Positive("probe-interval", options.ProbeInterval);
        errors.NotNegative("keepalive-time", options.KeepaliveTime);
        errors.NotNegative("peer-ping-interval", options.PeerPingInterval);
        errors.Positive("connect-timeout", options.ConnectTimeout);
        errors.Range("tunnels-per-server", options.TunnelsPerServer, 0, MaxTunnelsPerServer);
    }

    private static void CheckOperations(AgentOptions options, OptionErrors errors)
    {
        errors.Range("health-server-port", options.HealthServerPort, 1, IPEndPoint.MaxPort);
        errors.Range("admin-server-port", options.AdminServerPort, 1, IPEndPoint.MaxPort);
        errors.AddIf(
            options.EnableContentionProfiling && !options.EnableProfiling,
            "flag --enable-contention-profiling needs --enable-profiling: set both or neither");
        errors.NotNegative("drain-timeout", options.DrainTimeout);
    }

    private static void CheckTargets(AgentOptions options, OptionErrors errors)
    {
        foreach (var (flag, texts) in new[] { ("allow-target", options.AllowTarget), ("deny-target", options.DenyTarget) })
        {
            foreach (var text in texts)
            {
                errors.AddIf(!TargetRule.TryParse(text, out _, out var error), $"flag --{flag}: {error}");
            }
        }

        foreach (var text in options.TargetAlias)
        {
            errors.AddIf(!TargetAlias.TryParse(text, out _, out var error), $"flag --target-alias: {error}");
        }
    }

    private static void CheckLimits(AgentOptions options, OptionErrors errors)
    {
        errors.Positive("dial-timeout", options.DialTimeout);
        errors.AtLeast("xfr-channel-size", options.XfrChannelSize, 1);
        errors.AtLeast("max-message-size", options.MaxMessageSize, LeastMessageSize);
        errors.AtLeast("connection-buffer-size", options.ConnectionBufferSize, LeastBufferSize);
        errors.AtLeast("buffer-budget", options.BufferBudget, options.ConnectionBufferSize);
        errors.AtLeast("max-connections", options.MaxConnections, 0);
        errors.Positive("connection-stall-limit", options.ConnectionStallLimit);
        errors.NotNegative("certificate-expiry-warning", options.CertificateExpiryWarning);
        errors.NeverOr("compact-memory-after", options.CompactMemoryAfter, IdleCompaction.ShortestQuiet, IdleCompaction.LongestQuiet);
    }
}
