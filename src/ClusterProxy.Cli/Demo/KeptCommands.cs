using ClusterProxy.Cli.Demo.Topology;

namespace ClusterProxy.Cli.Demo;

/// <summary>What a user can do from another terminal while the demo is kept running.</summary>
internal static class KeptCommands
{
    public static IEnumerable<string> For(DemoTopology topology)
    {
        var server = topology.Server;
        var files = topology.Certificates;
        var cli = $"{DotNetHost.Path} {DotNetHost.Beside("clusterproxy")}";
        var health = $"http://127.0.0.1:{server.HealthPort}";
        var tls = $"--server https://127.0.0.1:{server.FrontendPort} --ca {files.FrontendCa}"
            + $" --cert {files.FrontendClient.Certificate} --key {files.FrontendClient.Key}";
        return
        [
            "",
            "Everything goes on running. In another terminal:",
            "",
            $"curl -x https://127.0.0.1:{server.FrontendPort} --proxy-cacert {files.FrontendCa}"
                + $" --proxy-cert {files.FrontendClient.Certificate} --proxy-key {files.FrontendClient.Key}"
                + $" --cacert {files.ApiCa} https://alpha/version",
            $"{cli} health alpha beta {tls} --target-ca {files.ApiCa}",
            $"{cli} connect beta:443 --listen 127.0.0.1:8443 --server unix://{server.SocketPath}",
            .. Gateway(topology),
            $"curl {health}/readyz",
            $"curl -s {health}/metrics | grep ready_backends",
            "",
            "Ctrl-C ends it.",
        ];
    }

    private static IEnumerable<string> Gateway(DemoTopology topology)
    {
        if (topology.Gateway is not { } gateway)
        {
            yield break;
        }

        var files = topology.Certificates;
        yield return $"curl --cacert {gateway.AuthorityFile} --cert {files.User.Certificate} --key {files.User.Key} {gateway.Http.Url("alpha", "/version")}";
    }
}
