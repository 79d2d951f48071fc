using System.Diagnostics.Metrics;
using System.Net;
using ClusterProxy.Agent;
using ClusterProxy.Agent.Servers;
using ClusterProxy.Agent.Sockets;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Testing.Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Testing.Agents;

/// <summary>
/// Many agents in one process. Each is the real one from its connect loop to its targets, with a TLS connection of its own for each
/// tunnel; certificates and counters are shared, and there are no ports for health, so that thousands fit.
/// </summary>
public sealed class LightAgents : IAsyncDisposable
{
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<LightAgent> _agents = [];
    private readonly AgentContext _context;
    private readonly ClientTls _tls;
    private readonly IPEndPoint _target;
    private readonly NameLookup _lookup = new();

    /// <param name="certificates">Of the agent plane.</param>
    /// <param name="target">What each of them leads to.</param>
    public LightAgents(TestCertificates certificates, IPEndPoint target)
        : this(certificates.AuthorityFile, certificates.Client("light-agent"), target)
    {
    }

    private LightAgents(string authorityFile, TestCertificate client, IPEndPoint target)
        : this(authorityFile, client.CertificateFile, client.KeyFile, target)
    {
    }

    /// <param name="authorityFile">Of the servers' certificates.</param>
    /// <param name="certificateFile">That all of them show.</param>
    /// <param name="keyFile">Of that.</param>
    /// <param name="target">What each of them leads to.</param>
    /// <param name="logger">Of all of them; null for none.</param>
    public LightAgents(string authorityFile, string certificateFile, string keyFile, IPEndPoint target, ILogger? logger = null)
    {
        var pair = KeyPairFile.Load("certificate", certificateFile, "key", keyFile);
        var authorities = CaBundle.Load("authority", authorityFile);
        _target = target;
        _tls = new ClientTls(new ClientTlsOptions { ServerCa = () => authorities, KeyPair = () => pair }, TimeProvider.System);
        _context = new AgentContext(
            TunnelLimits.Default, new AgentMetrics(_meters.GetRequiredService<IMeterFactory>()), logger ?? NullLogger.Instance, TimeProvider.System);
    }

    public IReadOnlyList<LightAgent> All => _agents;

    /// <summary>An agent that can be dialled as <c>CLUSTER:1</c> and connects by itself.</summary>
    /// <param name="cluster">Its id, its host, and where servers choose its key, that key.</param>
    /// <param name="ports">Agent ports on the loopback, where it looks for servers.</param>
    public LightAgent Start(string cluster, params int[] ports)
    {
        var connect = new ServerConnectorOptions
        {
            Servers = [.. ports.Select(static p => new ServerAddress("127.0.0.1", p))],
            AgentId = cluster,
            AgentIdentifiers = $"host={cluster}",
            Tls = _tls,
            LanesPerTunnel = 0,
        };
        var transport = new ServerTransport(connect, _lookup, TimeProvider.System);
        var aliases = new TargetAliases([new TargetAlias(cluster, Port: 1, $"{_target.Address}", _target.Port)]);
        var pool = new ServerPool(
            new ServerPoolOptions(), new ServerConnector(connect, transport, TimeProvider.System),
            new LaneConnector(connect, transport, TunnelLimits.Default.MaxMessageSize, TimeProvider.System),
            new TargetDialer(_lookup, TargetPolicy.Default, aliases, TimeSpan.FromSeconds(5), TimeProvider.System),
            new TunnelRenewal(null, null, TimeProvider.System, _context.Logger), _context);
        var agent = new LightAgent(cluster, pool);
        _agents.Add(agent);
        pool.Start();
        return agent;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_agents.Select(static a => a.DisposeAsync().AsTask()));
        _context.Metrics.Dispose();
        await _meters.DisposeAsync();
    }
}
