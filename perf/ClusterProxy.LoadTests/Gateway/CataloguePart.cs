using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;
using ClusterProxy.Testing.Certificates;
using ClusterProxy.Testing.KubernetesApi;
using ClusterProxy.Testing.Programs;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary>Ten thousand clusters in Secrets of a hub: what the gateway holds, and how soon it knows of a change.</summary>
internal sealed class CataloguePart : IGatewayPart
{
    private const int Count = 10_000;
    private const int Changes = 20;

    // As large as a service account's, and an authority as kubeadm makes them.
    private static readonly string _token = Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('t', 900)));
    private static readonly string _authority = Convert.ToBase64String(Encoding.ASCII.GetBytes(
        new TestCertificates().Authority.ExportCertificatePem()));

    public string Name => "catalogue";

    public async Task<IReadOnlyList<GatewayFigure>> RunAsync(GatewayRig rig, GatewaySettings settings, CancellationToken cancellationToken)
    {
        await using var hub = await FakeKubernetesApi.StartAsync();
        hub.AccessRule = static _ => true;
        var empty = await MeasureAsync(rig, hub, 0, cancellationToken);
        for (var i = 0; i < Count; i++)
        {
            Put(hub, i, "a");
        }

        var full = await MeasureAsync(rig, hub, Changes, cancellationToken);
        return
        [
            new($"resident with {Count} clusters, beyond none", full.Mebibytes - empty.Mebibytes, "MiB", 100),
            new("change known, p50", full.Change, "ms", 100),
        ];
    }

    private static async Task<(double Mebibytes, double Change)> MeasureAsync(
        GatewayRig rig, FakeKubernetesApi hub, int changes, CancellationToken cancellationToken)
    {
        var config = rig.Shared.NextFile("kubeconfig");
        await File.WriteAllTextAsync(config, hub.KubeConfigText(), cancellationToken);
        var (port, health) = (rig.Shared.NextPort(), rig.Shared.NextPort());
        await using var gateway = ProgramStart.Start(
            BuiltProgram.ClusterGateway,
            [
                $"--kubeconfig={config}", "--secret-namespace=clusters", "--authentication-tolerate-lookup-failure",
                $"--tls-cert-file={rig.Shared.ServerCertificate.CertificateFile}", $"--tls-private-key-file={rig.Shared.ServerCertificate.KeyFile}",
                "--bind-address=127.0.0.1", $"--secure-port={port}", "--health-bind-address=127.0.0.1", $"--health-port={health}", "--v=0",
            ],
            []);
        await ProgramStart.WaitForReadyAsync(health, gateway, cancellationToken);
        var taken = changes == 0 ? 0 : await ChangesAsync(rig, hub, port, changes, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        return (ProcFiles.Read(gateway.Id).ResidentBytes / (1024.0 * 1024.0), taken);
    }

    private static async Task<double> ChangesAsync(GatewayRig rig, FakeKubernetesApi hub, int port, int changes, CancellationToken cancellationToken)
    {
        using var handler = rig.Handler(1);
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", FakeKubernetesApi.AdminToken);
        var url = new Uri($"https://127.0.0.1:{port}/apis/cluster.core.oam.dev/v1alpha1/clustergateways?watch=true&fieldSelector=metadata.name%3Dcluster-7");
        using var answer = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        using var lines = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellationToken));
        await lines.ReadLineAsync(cancellationToken);
        var taken = new List<double>();
        for (var i = 0; i < changes; i++)
        {
            var start = Stopwatch.GetTimestamp();
            Put(hub, 7, $"change-{i}");
            while (await lines.ReadLineAsync(cancellationToken) is { } line && !line.Contains($"change-{i}\"", StringComparison.Ordinal))
            {
                // An event of before.
            }

            taken.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return taken.Order().ElementAt(changes / 2);
    }

    private static void Put(FakeKubernetesApi hub, int index, string mark) => hub.Put(
        $$"""
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"cluster-{{index}}","namespace":"clusters","labels":{
        "mark":"{{mark}}","cluster.core.oam.dev/cluster-credential-type":"ServiceAccountToken","cluster.core.oam.dev/cluster-endpoint-type":"ClusterProxy"} },
        "data":{"token":"{{_token}}","ca.crt":"{{_authority}}"} }
        """);
}
