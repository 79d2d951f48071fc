using ClusterProxy.Agent;
using ClusterProxy.Client;

namespace ClusterProxy.EndToEnd.Tests.MixedPairs;

/// <summary>A chain of which some parts behave as upstream's. On dispose no part may hold anything.</summary>
internal sealed class MixedPair : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly FailOnErrorLog _log = new();
    private readonly TestCertificates _agentPlane = new("agents");
    private readonly TestCertificates _frontendPlane = new("frontends");

    private MixedPair()
    {
    }

    /// <summary>If ours; with it comes our agent, if that is ours too.</summary>
    public TunnelFixture? Ours { get; private set; }

    /// <summary>If ours at a server of upstream's manner.</summary>
    public ProxyAgentHost? Agent { get; private set; }

    public UpstreamLikeServer? LikeServer { get; private set; }

    public UpstreamLikeAgent? LikeAgent { get; private set; }

    /// <summary>Connects a frontend to a target.</summary>
    public Func<string, Task<Stream>> Dial { get; private set; } = null!;

    public MetricsPage AgentMetrics => Agent is null ? Ours!.AgentMetrics() : new MetricsPage(Agent.HealthPort);

    /// <param name="kind">Whose part is whose.</param>
    /// <param name="stallLimit">Of our server and our agent.</param>
    public static async Task<MixedPair> StartAsync(PairKind kind, TimeSpan stallLimit)
    {
        var pair = new MixedPair();
        try
        {
            await pair.StartServerAndAgentAsync(kind, stallLimit);
            pair.StartFrontend(kind);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    public async Task ShouldBecomeIdleAsync()
    {
        if (Ours is not null)
        {
            await Ours.ShouldBecomeIdleAsync();
        }

        await Eventually.ObserveAsync(
            () => Task.FromResult((LikeServer?.Count ?? 0) + (LikeAgent?.Count ?? 0) + (Agent?.OpenConnections ?? 0) + (Agent?.PendingDials ?? 0)),
            static left => left == 0);
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync().DefaultTimeout();
        }

        _agentPlane.Dispose();
        _frontendPlane.Dispose();
        _log.Verify();
    }

    private async Task StartServerAndAgentAsync(PairKind kind, TimeSpan stallLimit)
    {
        if (kind is PairKind.SdkLikeOurs or PairKind.LikeLikeOurs or PairKind.SdkLikeLike)
        {
            LikeServer = Keep(await UpstreamLikeServer.StartAsync(_agentPlane, _frontendPlane));
            var relay = Keep(new TcpRelay(LikeServer.AgentPort).Disturb(SeededRandom.SeedOfThisRun));
            if (kind == PairKind.SdkLikeLike)
            {
                LikeAgent = Keep(await UpstreamLikeAgent.ConnectAsync(relay.Port, _agentPlane, "like"));
            }
            else
            {
                var options = LoopbackOptions.Agent("ours", _agentPlane, relay.Port) with { ConnectionStallLimit = stallLimit };
                Agent = Keep(await ProxyAgentHost.StartAsync(options, _log.CreateFactory(), TimeProvider.System, static _ => null).DefaultTimeout());
            }

            await LikeServer.Agents.WaitForAsync(1).DefaultTimeout();
            return;
        }

        Ours = Keep(await TunnelFixture.StartAsync(new()
        {
            Agents = kind == PairKind.LikeOursOurs ? 1 : 0,
            Server = o => o with { ConnectionStallLimit = stallLimit },
            Agent = (o, _) => o with { ConnectionStallLimit = stallLimit },
        }));
        if (kind != PairKind.LikeOursOurs)
        {
            LikeAgent = Keep(await UpstreamLikeAgent.ConnectAsync(Ours.Relay.Port, Ours.AgentPlane, "like"));
            await Ours.WaitForTunnelsAsync(1);
        }
    }

    private void StartFrontend(PairKind kind)
    {
        var port = LikeServer?.FrontendPort ?? Ours!.Server.FrontendPort;
        var plane = LikeServer is null ? Ours!.FrontendPlane : _frontendPlane;
        if (kind is PairKind.LikeOursOurs or PairKind.LikeOursLike or PairKind.LikeLikeOurs)
        {
            var frontend = Keep(new UpstreamLikeFrontend(port, plane));
            Dial = frontend.ConnectAsync;
            return;
        }

        var options = LoopbackClient.Options(port, plane);
        options.Transport = kind == PairKind.ConnectOursLike ? TunnelTransport.HttpConnect : TunnelTransport.Grpc;
        var client = Keep(new TunnelClient(options));
        Dial = async address => await client.ConnectAsync(address);
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }
}
