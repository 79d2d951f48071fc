using System.Net;
using ClusterProxy.Protocol.Messages;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Agent.Tests.Scripted;

/// <summary>Servers that announce what the test says; at the start each of them announces all.</summary>
internal sealed class ScriptedFleet : IAsyncDisposable
{
    private ScriptedFleet()
    {
    }

    public List<ScriptedServer> Servers { get; } = [];

    public ScriptedServer this[string id] => Servers.Single(s => s.ServerId == id);

    public static async Task<ScriptedFleet> StartAsync(TestCertificates certificates, params string[] ids)
    {
        var fleet = new ScriptedFleet();
        foreach (var id in ids)
        {
            var server = await ScriptedServer.StartAsync(certificates);
            (server.ServerId, server.Features) = (id, "servers");
            fleet.Servers.Add(server);
        }

        fleet.Announce(fleet.List(ids));
        return fleet;
    }

    public TcpRelay Balance() => new([.. Servers.Select(static s => new IPEndPoint(IPAddress.Loopback, s.Port))]);

    public ServerList List(params string[] ids) => new()
    {
        Servers = { ids.Select(id => new ListedServer { Id = id, Host = "127.0.0.1", Port = this[id].Port }) },
    };

    public void Announce(ServerList list) => Servers.ForEach(s => s.Servers = list);

    /// <summary>As a server does that many agents come to at one time.</summary>
    public void TurnAway(string id, int times)
    {
        var calls = 0;
        this[id].Refuse = call =>
        {
            var turnsAway = Interlocked.Increment(ref calls) <= times;
            call.Response.StatusCode = turnsAway ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            return Task.FromResult(turnsAway);
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }
    }
}
