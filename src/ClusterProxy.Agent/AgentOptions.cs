using System.Net;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol;

namespace ClusterProxy.Agent;

/// <summary>
/// All that a proxy-agent can be told. Properties bear the names of the flags; the values here are the flags' defaults.
/// An empty path means that there is no such file.
/// </summary>
internal sealed record AgentOptions
{
    public string AgentCert { get; init; } = "";

    public string AgentKey { get; init; } = "";

    public string CaCert { get; init; } = "";

    /// <summary>Entries without a port take <see cref="ProxyServerPort"/>; <see cref="Servers"/> has them joined.</summary>
    public IReadOnlyList<HostPort> ProxyServerHost { get; init; } = [new HostPort("127.0.0.1", null)];

    public int ProxyServerPort { get; init; } = 8091;

    /// <summary>Offered before h2.</summary>
    public IReadOnlyList<string> AlpnProto { get; init; } = [];

    /// <summary><see cref="IPAddress.IPv6Any"/> stands for all interfaces, on hosts without IPv6 too.</summary>
    public IPAddress HealthServerHost { get; init; } = IPAddress.IPv6Any;

    public int HealthServerPort { get; init; } = 8093;

    public IPAddress AdminBindAddress { get; init; } = IPAddress.Loopback;

    public int AdminServerPort { get; init; } = 8094;

    public bool EnableProfiling { get; init; }

    public bool EnableContentionProfiling { get; init; }

    /// <summary>Random unless flag or environment name it.</summary>
    public string AgentId { get; init; } = Guid.NewGuid().ToString();

    /// <summary>Sent to servers as it stands.</summary>
    public string AgentIdentifiers { get; init; } = "";

    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan SyncIntervalCap { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan KeepaliveTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Read again at each connect, because tokens are rotated.</summary>
    public string ServiceAccountTokenPath { get; init; } = "";

    public bool SyncForever { get; init; }

    /// <summary>Packets; accepted for upstream's sake, since here bytes are bounded.</summary>
    public int XfrChannelSize { get; init; } = 150;

    public bool WarnOnChannelLimit { get; init; }

    public bool CountServerLeases { get; init; }

    public string LeaseNamespace { get; init; } = "kube-system";

    public string LeaseLabelSelector { get; init; } = "k8s-app=konnectivity-server";

    public ServerCountSource ServerCountSource { get; init; }

    public string Kubeconfig { get; init; } = "";

    public string KubeApiContentType { get; init; } = "application/vnd.kubernetes.protobuf";

    /// <summary>Empty means that every target is allowed that no rule denies.</summary>
    public IReadOnlyList<string> AllowTarget { get; init; } = [];

    public IReadOnlyList<string> DenyTarget { get; init; } = [];

    /// <summary>Link-local metadata services hand out a node's credentials, so dialling them has to be asked for.</summary>
    public bool AllowMetadataTargets { get; init; }

    public IReadOnlyList<string> TargetAlias { get; init; } = [];

    /// <summary>Upstream's agents give a target as long.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Half a minute is what Kubernetes gives a pod to end.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Deadline of each step: resolve, connect, TLS, tunnel.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes queued for one connection toward a peer that has no flow control.</summary>
    public int ConnectionBufferSize { get; init; } = 1024 * 1024;

    /// <summary>
    /// Bytes that all connections may have queued here together before new dials are refused, and that servers may have been granted
    /// beyond the first 64 KiB of each: as many as 512 connections have whose
    /// targets send faster than the tunnel takes it, and what a small pod's memory limit leaves.
    /// </summary>
    public long BufferBudget { get; init; } = 128 * 1024 * 1024;

    /// <summary>Each takes a file and some kilobytes; an agent without files left can reach no server either.</summary>
    public int MaxConnections { get; init; } = 50_000;

    /// <summary>How long a full connection may pause its tunnel before that connection is closed.</summary>
    public TimeSpan ConnectionStallLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Lanes beside the tunnel to each server that knows them. Two, since one is one core of TLS at either end, and a loss
    /// on the one then leaves the other alone.
    /// </summary>
    public int TunnelsPerServer { get; init; } = 2;

    /// <summary>Greatest gRPC message accepted, in bytes: gRPC's own default.</summary>
    public int MaxMessageSize { get; init; } = 4 * 1024 * 1024;

    /// <summary>Additions to the wire that are not announced.</summary>
    public TunnelFeatureSet WithoutFeatures { get; init; }

    public TimeSpan PeerPingInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A week lets an operator act in working hours; whatever renews certificates by itself has done so long before.</summary>
    public TimeSpan CertificateExpiryWarning { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Longer than most pauses between bursts of requests, so that a burst seldom finds the pages gone that it needs; short beside what
    /// an idle process lives. Zero is never.
    /// </summary>
    public TimeSpan CompactMemoryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The value of <c>--v</c>.</summary>
    public int Verbosity { get; init; } = KlogFlags.DefaultVerbosity;

    public IReadOnlyList<ServerAddress> Servers =>
        [.. ProxyServerHost.Select(server => new ServerAddress(server.Host, server.Port ?? ProxyServerPort)).Distinct()];

    /// <summary>Interval of HTTP/2 pings to servers; null for none.</summary>
    public TimeSpan? ServerPingInterval => PingIntervals.Shorter(KeepaliveTime, PeerPingInterval);
}
