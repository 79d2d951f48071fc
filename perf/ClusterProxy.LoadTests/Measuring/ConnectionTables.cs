using ClusterProxy.Testing;

namespace ClusterProxy.LoadTests.Measuring;

/// <summary>Connections and dials that programs say they have, by the names that upstream's have too, and the buffers of ours.</summary>
internal static class ConnectionTables
{
    private static readonly string[] Gauges =
    [
        "konnectivity_network_proxy_server_established_connections", "konnectivity_network_proxy_server_pending_backend_dials",
        "konnectivity_network_proxy_agent_open_endpoint_connections", "clusterproxy_agent_pending_dials",
        "clusterproxy_server_buffered_bytes", "clusterproxy_server_promised_bytes", "clusterproxy_agent_buffered_bytes", "clusterproxy_agent_promised_bytes",
    ];

    /// <summary>The sum of all of them.</summary>
    /// <param name="pages">Each program's <c>/metrics</c>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<double> SumAsync(IEnumerable<Uri> pages, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var sum = 0.0;
        foreach (var page in pages)
        {
            sum += Sum(await http.GetStringAsync(page, cancellationToken));
        }

        return sum;
    }

    /// <param name="page">As it came.</param>
    public static double Sum(string page) =>
        PrometheusTextParser.Parse(page).Where(static f => Gauges.Contains(f.Key)).SelectMany(static f => f.Value.Samples).Sum(static s => s.Value);
}
