using System.Text;
using ClusterProxy.Hosting.Memory;
using ClusterProxy.Hosting.Validation;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Server.Fleet;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server;

/// <summary>What no single flag's syntax can tell: ranges, files, and flags that need or exclude each other.</summary>
internal static class ServerOptionsValidator
{
    private const int LeastPort = 1024;

    // Ports above are handed out by systems to outgoing connections.
    private const int GreatestPort = 49151;

    // One packet carries up to 64 KiB of payload.
    private const int LeastMessageSize = 128 * 1024;
    private const int LeastBufferSize = 64 * 1024;

    // sun_path without its final zero.
    private const int GreatestSocketPath = 107;

    public static IReadOnlyList<string> Validate(ServerOptions options)
    {
        var errors = new OptionErrors();
        CheckFrontends(options, errors);
        CheckAgents(options, errors);
        CheckServers(options, errors);
        CheckPeers(options, errors);
        CheckOperations(options, errors);
        CheckLimits(options, errors);
        CheckKubernetes(options, errors);
        return errors.Sentences;
    }

    private static void CheckFrontends(ServerOptions options, OptionErrors errors)
    {
        errors.Readable("server-cert", options.ServerCert);
        errors.Readable("server-key", options.ServerKey);
        errors.Readable("server-ca-cert", options.ServerCaCert);
        errors.Readable("frontend-policy", options.FrontendPolicy);
        CheckSocketPath(errors, "uds-name", options.UdsName);
        CheckSocketPath(errors, "frontend-uds-name", options.FrontendUdsName);
        errors.NotNegative("frontend-keepalive-time", options.FrontendKeepaliveTime);
        if (options.UdsName.Length > 0)
        {
            CheckSocketOnly(options, errors);
            return;
        }

        errors.Range("server-port", options.ServerPort, LeastPort, GreatestPort);
        errors.AddIf(
            options.ServerCaCert.Length == 0,
            "flag --server-ca-cert is empty: name the CA file that frontend certificates are checked against, "
            + "or serve frontends on a Unix socket only with --uds-name and --server-port=0");
        errors.BothOrNeither("server-cert", options.ServerCert, "server-key", options.ServerKey);
        errors.AddIf(
            options.ServerCert.Length == 0 && options.ServerKey.Length == 0,
            "flags --server-cert and --server-key are empty: name the certificate and key of the frontend port, "
            + "or serve frontends on a Unix socket only with --uds-name and --server-port=0");
    }

    private static void CheckSocketOnly(ServerOptions options, OptionErrors errors)
    {
        errors.AddIf(
            options.ServerPort != 0,
            $"flag --server-port: {options.ServerPort} cannot be served together with --uds-name=\"{options.UdsName}\": write "
            + "--server-port=0, or --frontend-uds-name instead of --uds-name to serve both");
        errors.AddIf(
            options.FrontendUdsName.Length > 0,
            $"flag --frontend-uds-name: \"{options.FrontendUdsName}\" is a second Unix socket beside --uds-name: remove one of the two");
        NotOnSocket("server-cert", options.ServerCert);
        NotOnSocket("server-key", options.ServerKey);
        NotOnSocket("server-ca-cert", options.ServerCaCert);

        void NotOnSocket(string flag, string value) => errors.AddIf(
            value.Length > 0,
            $"flag --{flag}: \"{value}\" has no use on the Unix socket of --uds-name: remove --{flag}");
    }

    private static void CheckAgents(ServerOptions options, OptionErrors errors)
    {
        errors.Range("agent-port", options.AgentPort, LeastPort, GreatestPort);
        errors.NotNegative("keepalive-time", options.KeepaliveTime);
        errors.Readable("cluster-cert", options.ClusterCert);
        errors.Readable("cluster-key", options.ClusterKey);
        errors.Readable("cluster-ca-cert", options.ClusterCaCert);
        errors.BothOrNeither("cluster-cert", options.ClusterCert, "cluster-key", options.ClusterKey);
        errors.AddIf(
            options.ClusterCert.Length == 0 && options.ClusterKey.Length == 0,
            "flags --cluster-cert and --cluster-key are empty: name the certificate and key of the agent port, which has no plaintext form");
        errors.AddIf(
            options.ClusterCaCert.Length == 0 && !options.UsesTokenAuthentication && !options.InsecureAgentPort,
            "flag --cluster-ca-cert is empty, so the agent port would accept any client: name the CA file that agent certificates "
            + "are checked against, or accept agents without authentication with --insecure-agent-port");
        errors.AddIf(
            options.InsecureAgentPort && (options.ClusterCaCert.Length > 0 || options.UsesTokenAuthentication),
            "flag --insecure-agent-port contradicts the agent authentication that is configured: remove one of the two");
        errors.AddIf(
            options.AgentIdentity == AgentIdentityMode.Certificate && options.ClusterCaCert.Length == 0,
            "flag --agent-identity: certificate needs agents that show one: name the CA file of their certificates with --cluster-ca-cert");
        CheckAgentTokens(options, errors);
        errors.AtLeast("server-count", options.ServerCount, 0);
        errors.AtLeast("agent-handshake-rate", options.AgentHandshakeRate, 0);
        errors.AtLeast("agent-max-connections", options.AgentMaxConnections, 0);
        errors.AtLeast("frontend-max-connections", options.FrontendMaxConnections, 0);
        errors.AtLeast("max-connections-per-frontend", options.MaxConnectionsPerFrontend, 0);
    }

    private static void CheckServers(ServerOptions options, OptionErrors errors)
    {
        errors.Readable("servers-file", options.ServersFile);
        errors.AddIf(
            options.ServerSources > 1,
            "flags --servers, --servers-file, --servers-dns and --servers-leases each say which servers there are: keep one of them");
        errors.AddIf(
            options.FanOut > 0 && options.ServerSources == 0,
            $"flag --fan-out: {options.FanOut} needs to be known which servers there are: name them with --servers, --servers-file, "
            + "--servers-dns or --servers-leases");
        if (ServerText.Objection(options.Servers) is { } objection)
        {
            errors.Add($"flag --servers {objection}");
        }

        errors.AddIf(
            options.ServersDns.Length > 0 && !DialTarget.TryParse(options.ServersDns, out _),
            $"flag --servers-dns: \"{options.ServersDns}\" is not a name with a port: write one such as hub.example.com:8091");
        CheckLeased(options, errors, "servers-leases", options.ServersLeases, "hub-a.example.com:8091");
    }

    private static void CheckLeased(ServerOptions options, OptionErrors errors, string flag, string address, string example)
    {
        if (address.Length == 0)
        {
            return;
        }

        errors.AddIf(
            !DialTarget.TryParse(address, out _),
            $"flag --{flag}: \"{address}\" is not this server's address with a port: write one such as {example}");
        errors.AddIf(!options.EnableLeaseController, $"flag --{flag} needs the server's lease: add --enable-lease-controller");
    }

    private static void CheckPeers(ServerOptions options, OptionErrors errors)
    {
        errors.Readable("peer-cert", options.PeerCert);
        errors.Readable("peer-key", options.PeerKey);
        errors.Readable("peer-ca-cert", options.PeerCaCert);
        errors.BothOrNeither("peer-cert", options.PeerCert, "peer-key", options.PeerKey);
        if (!options.HasPeers)
        {
            return;
        }

        errors.Range("peer-port", options.PeerPort, LeastPort, GreatestPort);
        errors.AddIf(
            options.PeerSources > 1, "flags --peers, --peers-dns and --peers-leases each say where other servers are: keep one of them");
        if (ServerText.Objection(options.Peers) is { } objection)
        {
            errors.Add($"flag --peers {objection}");
        }

        errors.AddIf(
            options.PeersDns.Length > 0 && !DialTarget.TryParse(options.PeersDns, out _),
            $"flag --peers-dns: \"{options.PeersDns}\" is not a name with a port: write one such as hub-peers.example.com:8096");
        CheckLeased(options, errors, "peers-leases", options.PeersLeases, "10.0.0.10:8096");
        errors.AddIf(
            options.PeerCert.Length == 0 && options.PeerKey.Length == 0,
            "flags --peer-cert and --peer-key are empty: name the certificate that this server shows to other servers, and its key");
        errors.AddIf(
            options.PeerCaCert.Length == 0,
            "flag --peer-ca-cert is empty, so any server would be believed: name the CA file that other servers' certificates are checked against");
    }

    private static void CheckOperations(ServerOptions options, OptionErrors errors)
    {
        errors.Range("health-port", options.HealthPort, LeastPort, GreatestPort);
        errors.Range("admin-port", options.AdminPort, LeastPort, GreatestPort);
        errors.AddIf(
            options.EnableContentionProfiling && !options.EnableProfiling,
            "flag --enable-contention-profiling needs --enable-profiling: set both or neither");
        errors.NotNegative("graceful-shutdown-timeout", options.GracefulShutdownTimeout);
        errors.NotNegative("shutdown-delay", options.ShutdownDelay);
        errors.NotNegative("backend-dial-timeout", options.BackendDialTimeout);
        options.Audit.Check(errors);
    }

    private static void CheckLimits(ServerOptions options, OptionErrors errors)
    {
        errors.AtLeast("xfr-channel-size", options.XfrChannelSize, 1);
        errors.AtLeast("frontend-write-channel-size", options.FrontendWriteChannelSize, 1);
        errors.AtLeast("max-message-size", options.MaxMessageSize, LeastMessageSize);
        errors.AtLeast("connection-buffer-size", options.ConnectionBufferSize, LeastBufferSize);
        errors.AtLeast("max-pending-dials", options.MaxPendingDials, 1);
        errors.AtLeast("buffer-budget", options.BufferBudget, options.ConnectionBufferSize);
        errors.Positive("connection-stall-limit", options.ConnectionStallLimit);
        errors.NotNegative("certificate-expiry-warning", options.CertificateExpiryWarning);
        errors.NeverOr("compact-memory-after", options.CompactMemoryAfter, IdleCompaction.ShortestQuiet, IdleCompaction.LongestQuiet);
        errors.Positive("connect-head-timeout", options.ConnectHeadTimeout);
        errors.NotNegative("peer-ping-interval", options.PeerPingInterval);
    }

    private static void CheckKubernetes(ServerOptions options, OptionErrors errors)
    {
        errors.Readable("kubeconfig", options.Kubeconfig);
        errors.AddIf(
            options.KubeconfigQps < 0, $"flag --kubeconfig-qps: {options.KubeconfigQps} is negative: write 0 or more");
        errors.AtLeast("kubeconfig-burst", options.KubeconfigBurst, 0);
    }

    private static void CheckAgentTokens(ServerOptions options, OptionErrors errors)
    {
        var flag = options.AgentTokenIdentifiers.Binds ? "agent-token-identifiers" : "agent-token-cluster";

        // Tokens would bind all the same, and whoever asked for agents that are believed would look for the fault in the agents.
        errors.AddIf(
            options.AgentIdentity == AgentIdentityMode.Claimed && options.BindsAgentToken,
            $"flag --agent-identity: claimed believes whatever agents announce, which contradicts --{flag}, by which they may announce only what "
            + "their tokens allow: remove one of the two");
        if (!options.UsesTokenAuthentication)
        {
            errors.AddIf(
                options.BindsAgentToken,
                $"flag --{flag} needs agents that show a token: add --agent-namespace, --agent-service-account and --authentication-audience");
            return;
        }

        var byNamespace = options.AgentTokenCluster == AgentTokenCluster.Namespace;
        errors.AddIf(
            byNamespace && options.AgentNamespace.Length > 0,
            $"flag --agent-namespace: \"{options.AgentNamespace}\" contradicts --agent-token-cluster=namespace, where each cluster's agents have their "
            + "account in a namespace of the cluster's name: remove one of the two");
        errors.AddIf(
            byNamespace && options.AgentTokenIdentifiers.Binds,
            "flags --agent-token-cluster and --agent-token-identifiers each say what agents may announce by their tokens: keep one of them");
        errors.AddIf(
            options.AgentIdentity == AgentIdentityMode.Auto && options.OwnFlag.Length > 0 && !options.BindsAgentToken,
            $"nothing says what agents may announce by their tokens, and {options.OwnFlag} is none of upstream's flags: bind them with "
            + "--agent-token-cluster=namespace or --agent-token-identifiers=host={node}, or believe them with --agent-identity=claimed");
        if (!byNamespace)
        {
            Needed("agent-namespace", options.AgentNamespace);
        }

        Needed("agent-service-account", options.AgentServiceAccount);
        Needed("authentication-audience", options.AuthenticationAudience);
        errors.AddIf(
            options.ClusterCaCert.Length > 0,
            $"flag --cluster-ca-cert: \"{options.ClusterCaCert}\" cannot be combined with agent token authentication: "
            + "remove it, or remove --agent-namespace, --agent-service-account and --authentication-audience");

        void Needed(string flag, string value) => errors.AddIf(
            value.Length == 0, $"flag --{flag} is empty: agent token authentication needs "
            + (byNamespace ? "" : "--agent-namespace, ") + "--agent-service-account "
            + (byNamespace ? "and --authentication-audience, both" : "and --authentication-audience, all three"));
    }

    private static void CheckSocketPath(OptionErrors errors, string flag, string path)
    {
        if (path.Length == 0)
        {
            return;
        }

        errors.AddIf(
            Encoding.UTF8.GetByteCount(path) > GreatestSocketPath,
            $"flag --{flag}: \"{path}\" is too long for a Unix socket: write a path of at most {GreatestSocketPath} bytes");
        var directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        errors.AddIf(
            !Directory.Exists(directory), $"flag --{flag}: there is no directory \"{directory}\" for the socket: create it or correct the path");
    }
}
