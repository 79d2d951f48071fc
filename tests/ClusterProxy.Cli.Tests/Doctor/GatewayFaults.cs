using System.Net;
using System.Text;
using ClusterProxy.Gateway;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Testing.KubernetesApi;
using Microsoft.Extensions.Logging.Abstractions;
using static ClusterProxy.Cli.Tests.Doctor.InjectedFault;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>The gateway's port, its page, and what the hub's API has of it.</summary>
internal static class GatewayFaults
{
    private const string Name = "v1alpha1.cluster.core.oam.dev";

    public static IReadOnlyList<InjectedFault> All { get; } =
    [
        Failed("gateway that refuses", "gateway.connect", "connection_refused", static b => ["--gateway", $"https://{b.Expect(b.Keep(new RefusingPort()).Address)}"]),
        Failed("gateway of an unknown authority", "gateway.chain", "unknown_authority", static b =>
        {
            b.Expect("--gateway-ca");
            return Listen(b, b.Keep(new TestCertificates("strangers")).Server());
        }),
        Failed("gateway whose certificate is for another name", "gateway.name", "address_not_in_certificate", static b => Listen(b, b.Hub.Frontends.Server(b.Expect("gateway.example")))),
        Failed("gateway's certificate expired", "gateway.expiry", "expired", static b => Listen(b, b.Hub.Frontends.ExpiredServer())),
        Failed("health port for the gateway's", "gateway.protocol", "health_port", static b =>
        {
            b.Expect("9443");
            return ["--gateway", b.Hub.ServerHealth.Replace("http://", "https://", StringComparison.Ordinal)];
        }),
        Failed("frontends' port for the gateway's", "gateway.answer", "certificate_required", static b =>
            ["--gateway", $"https://127.0.0.1:{b.Expect(b.Hub.FrontendPort)}", "--gateway-ca", b.Hub.Frontends.AuthorityFile]),
        Failed("another program in the gateway's place", "gateway.answer", "other_program", static async b =>
        {
            var target = b.Keep(await HttpTarget.StartAsync(b.Hub.Frontends.Server().Certificate));
            return ["--gateway", $"https://{b.Expect(target.Address)}", "--gateway-ca", b.Hub.Frontends.AuthorityFile];
        }),
        Failed("gateway that cannot list its clusters", "gateway.answer", "not_ready", static async b =>
        {
            b.Expect("clusters failed");
            var kubeconfig = b.Write("hub.kubeconfig", await DeadHubAsync(b));
            return At(b, await GatewayAsync(b, o => o with { Kubeconfig = kubeconfig, ClustersDirectory = "", AuthenticationSkipLookup = true }));
        }),
        Failed("gateway's page that is not ready", "gateway.ready", "not_ready", static async b =>
        {
            b.Expect("may list Secrets");
            return ["--health-url", await PageAsync(b, "clusterproxy_gateway_clusters{source=\"secret\"} 0\n", "[+]shutdown ok\n[-]clusters failed: not listed yet\n", 503)];
        }),
        Warning("gateway without clusters", "gateway.clusters", "no_clusters", static async b => ["--health-url", b.Expect(await PageAsync(b, "clusterproxy_gateway_clusters{source=\"secret\"} 0\n"))]),
        Warning("gateway with descriptions that it cannot use", "gateway.clusters", "cluster_problems", static async b =>
        {
            b.Expect("leaves out 2");
            return ["--health-url", await PageAsync(b, "clusterproxy_gateway_clusters{source=\"file\"} 3\nclusterproxy_gateway_cluster_problems 2\n")];
        }),
        Warning("gateway that does not check a cluster", "gateway.trust", "insecure_clusters", static async b =>
        {
            b.Expect("1 clusters");
            return ["--health-url", await PageAsync(b, "clusterproxy_gateway_insecure_clusters 1\n")];
        }),
        Warning("gateway that took clusters for unreachable", "gateway.reach", "clusters_unreachable", static async b =>
        {
            b.Expect("connect 7");
            return ["--health-url", await PageAsync(b, "clusterproxy_gateway_circuits_opened_total 3\nclusterproxy_gateway_request_failures_total{reason=\"connect\"} 7\n")];
        }),
        Warning("gateway that has lost audit lines", "gateway.audit", "audit_lost", static async b =>
            ["--health-url", await PageAsync(b, "clusterproxy_gateway_audit_lines_total{result=\"dropped\"} 5\n")]),
        Warning("gateway on a disk that hangs", "gateway.reloads", "reload_failures", static async b =>
        {
            b.Expect("FileHangs");
            return ["--health-url", await PageAsync(b, "clusterproxy_gateway_certificate_reloads_total{plane=\"secure\",role=\"serving\",result=\"hanging\"} 1\n")];
        }),
        Warning("gateway that warns of a certificate", "gateway.certificates", "certificate_ends", static async b =>
        {
            b.Expect("--tls-cert-file=a.crt");
            return ["--health-url", await PageAsync(b, "clusterproxy_gateway_clusters{source=\"file\"} 1\n", "ok\nwarning: the certificate of --tls-cert-file=a.crt expires at 2026-01-01\n")];
        }),
        Failed("kubeconfig that is none", "apiservice.object", "bad_kubeconfig", static b => ["--kubeconfig", b.Expect(b.Write("hub.kubeconfig", "nonsense: true"))]),
        Failed("hub that cannot be reached", "apiservice.object", "hub_unreachable", static async b =>
            ["--kubeconfig", b.Write("hub.kubeconfig", await DeadHubAsync(b))]),
        Failed("hub without the APIService", "apiservice.object", "no_apiservice", static async b =>
        {
            b.Expect(Name);
            return await HubAsync(b, spec: null);
        }),
        Failed("hub that does not show the APIService", "apiservice.object", "not_allowed", static async b => await HubAsync(b, "\"group\":\"x\"", forbidden: true)),
        Failed("APIService that is not available", "apiservice.available", "apiservice_unavailable", static async b =>
        {
            b.Expect("FailedDiscoveryCheck: no route to the gateway");
            return await HubAsync(b, $"\"caBundle\":\"{Base64(b.Hub.Frontends)}\"", "False");
        }),
        Failed("APIService without caBundle", "apiservice.ca-bundle", "no_ca_bundle", static async b => await HubAsync(b, $"\"group\":\"{b.Expect(Name)}\"")),
        Failed("APIService whose caBundle is none", "apiservice.ca-bundle", "bad_ca_bundle", static async b =>
            await HubAsync(b, $"\"caBundle\":\"{Convert.ToBase64String("nonsense"u8)}\"")),
        Failed("APIService with another authority", "apiservice.ca-bundle", "other_ca_bundle", static async b =>
        {
            b.Expect("CN=strangers");
            return [.. await HubAsync(b, $"\"caBundle\":\"{Base64(b.Keep(new TestCertificates("strangers")))}\""), .. Listen(b, b.Hub.Frontends.Server())];
        }),
        Failed("APIService for a Service that the certificate does not name", "apiservice.name", "name_not_in_certificate", static async b =>
        {
            b.Expect("gateway.proxy.svc");
            return
            [
                .. await HubAsync(b, $"\"service\":{{\"name\":\"gateway\",\"namespace\":\"proxy\"}},\"caBundle\":\"{Base64(b.Hub.Frontends)}\""),
                .. Listen(b, b.Hub.Frontends.Server()),
            ];
        }),
        Failed("APIService whose authority has ended", "apiservice.ca-bundle-expiry", "expired", static async b =>
        {
            var old = b.Keep(CertificateAuthority.Create("old CA", new ShiftedTime(-TimeSpan.FromDays(12_000))));
            b.Expect("CN=old CA");
            return await HubAsync(b, $"\"caBundle\":\"{Base64(old)}\"");
        }),
        Warning("APIService that trusts anybody", "apiservice.ca-bundle", "insecure_skip_verify", static async b => await HubAsync(b, "\"insecureSkipTLSVerify\":true")),
    ];

    /// <summary>A gateway without Kubernetes, in good order.</summary>
    public static async Task<GatewayHost> GatewayAsync(FaultBench bench, Func<GatewayOptions, GatewayOptions>? change = null)
    {
        var serving = Hub.Guarded(bench.Hub.Frontends.Server("127.0.0.1", "gateway.proxy.svc"));
        var options = new GatewayOptions
        {
            ClustersDirectory = bench.Folder("clusters"),
            AccessPolicy = bench.Write("access.yaml", "rules: []\n"),
            TlsCertFile = serving.CertificateFile,
            TlsPrivateKeyFile = serving.KeyFile,
            BindAddress = IPAddress.Loopback,
            HealthBindAddress = IPAddress.Loopback,
            SecurePort = 0,
            HealthPort = 0,
            ShutdownDelay = TimeSpan.Zero,
        };
        return bench.Keep(await GatewayHost.StartAsync(change?.Invoke(options) ?? options, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None));
    }

    public static string[] At(FaultBench bench, GatewayHost gateway) =>
        ["--gateway", $"https://127.0.0.1:{gateway.SecurePort}", "--gateway-ca", bench.Hub.Frontends.AuthorityFile];

    /// <summary>A hub with the gateway's APIService.</summary>
    /// <param name="bench">Keeps it.</param>
    /// <param name="spec">Members of it; null for a hub without one.</param>
    /// <param name="available">Status of the condition.</param>
    /// <param name="forbidden">Whether it is shown to nobody.</param>
    public static async Task<string[]> HubAsync(FaultBench bench, string? spec, string available = "True", bool forbidden = false)
    {
        var hub = bench.Keep(await FakeKubernetesApi.StartAsync());
        if (forbidden)
        {
            hub.Forbidden = static _ => true;
        }

        if (spec is not null)
        {
            hub.Put($$"""
                {"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"{{Name}}"},"spec":{{{spec}}},
                 "status":{"conditions":[{"type":"Available","status":"{{available}}","reason":"FailedDiscoveryCheck","message":"no route to the gateway"}] } }
                """);
        }

        return ["--kubeconfig", bench.Write("hub.kubeconfig", hub.KubeConfigText())];
    }

    public static string Base64(TestCertificates certificates) => Base64(certificates.Authority);

    private static string Base64(CertificateAuthority authority) => Convert.ToBase64String(Encoding.UTF8.GetBytes(authority.ExportCertificatePem()));

    /// <summary>Where none is any more.</summary>
    private static async Task<string> DeadHubAsync(FaultBench bench)
    {
        await using var hub = await FakeKubernetesApi.StartAsync(bench.Keep(new TestCertificates("hub")));
        return hub.KubeConfigText();
    }

    private static string[] Listen(FaultBench bench, TestCertificate certificate) =>
    [
        "--gateway", $"https://127.0.0.1:{bench.Keep(new TlsListener(certificate.Certificate)).Port}", "--gateway-ca", bench.Hub.Frontends.AuthorityFile,
    ];

    private static async Task<string> PageAsync(FaultBench bench, string metrics, string ready = "ok", int status = 200) =>
        bench.Keep(await HealthPageStub.StartAsync(metrics, ready, status)).Url;
}
