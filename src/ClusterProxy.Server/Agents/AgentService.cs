using System.Security.Cryptography;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Server.Fleet;
using ClusterProxy.Server.Grpc;
using ClusterProxy.Server.Planes;

namespace ClusterProxy.Server.Agents;

/// <summary>Serves <c>/AgentService/Connect</c>: identify, answer with headers, register, run.</summary>
internal sealed class AgentService
{
    private const int Http2Cancel = 0x8;

    private readonly AgentRegistry _registry;
    private readonly ServerIdentity _server;
    private readonly AgentAdmission _admission;
    private readonly AgentTokenCheck? _tokens;
    private readonly ServerAnnouncer? _announcer;
    private readonly AgentContext _context;
    private volatile bool _closed;

    /// <param name="registry">Lists the tunnels.</param>
    /// <param name="server">This one.</param>
    /// <param name="admission">Lets agents in.</param>
    /// <param name="tokens">Null when agents show none.</param>
    /// <param name="announcer">Null when it is not known which servers there are.</param>
    /// <param name="context">What everything that serves agents is given.</param>
    public AgentService(
        AgentRegistry registry, ServerIdentity server, AgentAdmission admission, AgentTokenCheck? tokens, ServerAnnouncer? announcer,
        AgentContext context)
    {
        _tokens = tokens;
        _announcer = announcer;
        _registry = registry;
        _server = server;
        _admission = admission;
        _context = context;
    }

    public async Task<GrpcStatus> ServeAsync(GrpcServerCall call)
    {
        if (_closed)
        {
            return new(GrpcStatusCode.Unavailable, "the proxy server is shutting down");
        }

        if (call.Calls is not { } calls)
        {
            return await AdmitAsync(call);
        }

        if (!calls.TryEnter())
        {
            return new(GrpcStatusCode.ResourceExhausted, $"this connection has {ConnectionCalls.Most} calls already; open another connection");
        }

        try
        {
            return await AdmitAsync(call);
        }
        finally
        {
            calls.Leave();
        }
    }

    /// <summary>Refuses agents from now on; those that are connected stay.</summary>
    public void Close() => _closed = true;

    private async Task<GrpcStatus> AdmitAsync(GrpcServerCall call) => await RunAsync(call, await _admission.AdmitAsync(call));

    private async Task<GrpcStatus> RunAsync(GrpcServerCall call, AgentIdentity agent)
    {
        var started = _context.Time.GetTimestamp();
        var laneToken = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var servers = _announcer?.For(agent) ?? ServerSet.None;
        await call.StartAsync(Metadata(agent, laneToken, servers));
        call.ShrinkHeaderBuffer();
        var tunnel = new AgentTunnel(agent, laneToken, call.Input, call.Output, _context);
        _context.Logger.AgentConnected(agent.Id, agent.Peer);
        await using var tokenWatch = _tokens is null ? null : new AgentTokenWatch(_tokens, tunnel, _context);
        await using var expiry = agent.CertificateEnd is { } end
            ? new CertificateEndTimer(end, _context.Time, () => _context.Logger.AgentCertificateEnded(agent.Id, agent.Peer, end))
            : null;
        _announcer?.Add(tunnel, servers);
        try
        {
            var running = tunnel.RunAsync(_registry, call.Ended);
            if (_closed)
            {
                // It was let in while those who were there already have been asked.
                tunnel.AskToMove(TimeSpan.Zero);
            }

            var status = await running;
            if (call.DeadlinePassed)
            {
                status = GrpcMethod.EndOf(call);
            }

            _context.Logger.AgentDisconnected(agent.Id, agent.Peer, status, _context.Time.GetElapsedTime(started));
            return status;
        }
        finally
        {
            _announcer?.Remove(tunnel);
            if (tunnel.IsRetired || tunnel.DoesNotRead)
            {
                // Trailers would wait behind what the agent does not take.
                call.Reset(Http2Cancel);
            }
        }
    }

    private (string Name, string Value)[] Metadata(AgentIdentity agent, string laneToken, ServerSet servers)
    {
        List<(string, string)> metadata =
        [
            (TunnelHeaders.ServerId, _server.Id),
            (TunnelHeaders.ServerCount, _server.Count.ToString()),
        ];
        if (agent.Features.Length > 0)
        {
            metadata.Add((TunnelHeaders.Features, TunnelFeatures.Format(_context.Features)));
        }

        if ((_context.Features & TunnelFeatures.Parse(agent.Features)).HasFlag(TunnelFeatureSet.Lanes))
        {
            metadata.Add((TunnelHeaders.LaneToken, laneToken));
        }

        if (!servers.IsEmpty)
        {
            metadata.Add((TunnelHeaders.Servers, servers.ToHeader()));
        }

        return [.. metadata];
    }
}
