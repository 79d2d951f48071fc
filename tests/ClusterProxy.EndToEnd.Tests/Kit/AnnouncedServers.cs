namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>Servers that know each other by a file, and tell agents of all that it names.</summary>
internal static class AnnouncedServers
{
    /// <summary>The caller disposes it.</summary>
    /// <param name="count">How many, all of them named.</param>
    /// <param name="fanOut">How many of them agents are to have a tunnel with; 0 for all.</param>
    public static async Task<ServerCluster> StartAsync(int count, int fanOut)
    {
        ServerCluster cluster = null!;
        cluster = new ServerCluster((o, _) => o with { ServersFile = cluster.File("servers"), FanOut = fanOut });
        try
        {
            File.WriteAllText(cluster.File("servers"), "");
            List<string> ids = [];
            for (var i = 0; i < count; i++)
            {
                ids.Add(await cluster.AddAsync());
            }

            await AnnounceAsync(cluster, [.. ids]);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when every server that runs has read it.</summary>
    public static async Task AnnounceAsync(ServerCluster cluster, params string[] ids)
    {
        var next = cluster.File("servers.next");
        await File.WriteAllLinesAsync(next, ids.Select(id => $"{id}={cluster.AgentAddress(id)}"));
        File.Move(next, cluster.File("servers"), overwrite: true);
        foreach (var server in cluster.Servers.Values)
        {
            await new MetricsPage(server.HealthPort).WaitForAsync("clusterproxy_server_announced_servers", ids.Length);
        }
    }
}
