using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Grpc;

namespace ClusterProxy.Server.Agents;

/// <summary>Serves <c>/AgentService/Connect</c>: identify, answer with headers, register, run.</summary>
internal sealed class AgentService
{
    private const int Http2Cancel = 0x8;

    /// <summary>No tunnel lives on for so long.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

    private readonly AgentRegistry _registry;
    private readonly ServerIdentity _server;
    private readonly TunnelLimits _limits;
    private readonly TimeProvider _time;
    private readonly ServerMetrics _metrics;
    private readonly ILogger _logger;
    private volatile bool _closed;

    public AgentService(
        AgentRegistry registry, ServerIdentity server, TunnelLimits limits, TimeProvider time, ServerMetrics metrics, ILogger logger)
    {
        _registry = registry;
        _server = server;
        _limits = limits;
        _time = time;
        _metrics = metrics;
        _logger = logger;
    }

    public async Task<GrpcStatus> ServeAsync(GrpcServerCall call)
    {
        if (_closed)
        {
            return new(GrpcStatusCode.Unavailable, "the proxy server is shutting down");
        }

        AgentIdentity agent;
        try
        {
            agent = AgentMetadata.Read(call) with { CertificateEnd = EndOf(call.ClientCertificate) };
        }
        catch (GrpcException e)
        {
            _logger.AgentRefused(call.Peer, e.Status.Message);
            throw;
        }

        await call.StartAsync([
            (TunnelHeaders.ServerId, _server.Id),
            (TunnelHeaders.ServerCount, _server.Count.ToString()),
            .. agent.Features.Length > 0 ? [(TunnelHeaders.Features, TunnelFeatures.Format(TunnelFeatures.Agent))] : Array.Empty<(string, string)>(),
        ]);
        return await RunAsync(call, agent);
    }

    /// <summary>Refuses agents from now on; those that are connected stay.</summary>
    public void Close() => _closed = true;

    private async Task<GrpcStatus> RunAsync(GrpcServerCall call, AgentIdentity agent)
    {
        var started = _time.GetTimestamp();
        var tunnel = new AgentTunnel(agent, call.Input, call.Output, _limits, _time, _metrics, _logger);
        _logger.AgentConnected(agent.Id, agent.Peer);
        await using var expiry = agent.CertificateEnd is { } end ? TellAt(end, agent) : null;
        try
        {
            var status = await tunnel.RunAsync(_registry, call.Ended);
            if (call.DeadlinePassed)
            {
                status = GrpcMethod.EndOf(call);
            }

            _logger.AgentDisconnected(agent.Id, agent.Peer, status, _time.GetElapsedTime(started));
            return status;
        }
        finally
        {
            if (tunnel.IsRetired)
            {
                call.Reset(Http2Cancel);
            }
        }
    }

    private ITimer? TellAt(DateTimeOffset end, AgentIdentity agent)
    {
        var left = end - _time.GetUtcNow();
        return left < LongestTimer
            ? _time.CreateTimer(
                _ => _logger.AgentCertificateEnded(agent.Id, agent.Peer, end), null, left > TimeSpan.Zero ? left : TimeSpan.Zero,
                Timeout.InfiniteTimeSpan)
            : null;
    }

    private static DateTimeOffset? EndOf(X509Certificate2? certificate) =>
        certificate is null ? null : new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
}
