using System.Text;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>The gateway as it runs without Kubernetes: clusters and rights in files, its certificate issued by itself.</summary>
internal sealed class DemoGateway : IAsyncDisposable
{
    /// <summary>Who asks in the demo; the clusters' APIs see this name.</summary>
    public const string User = "demo-user";

    private const string Token = "demo-token-of-the-gateway";

    private DemoGateway(DemoProgram program, string authorityFile, DemoCertificates certificates)
    {
        Program = program;
        AuthorityFile = authorityFile;
        Http = new DemoGatewayClient(program.Ports[1], CaBundle.Load("serving-ca-dir", authorityFile).Certificates, certificates.UserIdentity);
    }

    public DemoProgram Program { get; }

    public int SecurePort => Program.Ports[1];

    /// <summary>What a user needs to trust the gateway.</summary>
    public string AuthorityFile { get; }

    public DemoGatewayClient Http { get; }

    public static async Task<DemoGateway> StartAsync(
        ProgramLauncher launcher, PrivateFolder folder, DemoServer server, DemoCertificates certificates, IEnumerable<string> clusters,
        CancellationToken cancellationToken)
    {
        var described = Directory.CreateDirectory(folder.File("clusters")).FullName;
        foreach (var cluster in clusters)
        {
            folder.Write(Path.Combine("clusters", $"{cluster}.yaml"), Describe(cluster, await File.ReadAllTextAsync(certificates.ApiCa, cancellationToken)));
        }

        var policy = folder.Write("access.yaml", $"rules:\n- users: [{User}]\n  clusters: [\"*\"]\n  verbs: [\"*\"]\n");
        var authority = folder.File("gateway-ca");
        var program = await launcher.LaunchAsync(
            "cluster-gateway",
            "cluster-gateway",
            portCount: 2,
            ports =>
            [
                $"--clusters-dir={described}",
                $"--proxy-host=unix://{server.SocketPath}",
                $"--access-policy={policy}",
                $"--client-ca-file={certificates.UserCa}",
                $"--serving-ca-dir={authority}",
                "--bind-address=127.0.0.1",
                $"--secure-port={ports[1]}",
                "--health-bind-address=127.0.0.1",
                $"--health-port={ports[0]}",
                "--shutdown-delay=0s",
            ],
            cancellationToken);
        return new DemoGateway(program, Path.Combine(authority, "ca.crt"), certificates);
    }

    public ValueTask DisposeAsync()
    {
        Http.Dispose();
        return Program.DisposeAsync();
    }

    private static string Describe(string cluster, string authority) =>
        $"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: {cluster}
          labels:
            cluster.core.oam.dev/cluster-credential-type: ServiceAccountToken
            cluster.core.oam.dev/cluster-endpoint-type: ClusterProxy
        data:
          token: {Convert.ToBase64String(Encoding.UTF8.GetBytes(Token))}
          ca.crt: {Convert.ToBase64String(Encoding.UTF8.GetBytes(authority))}
        """;
}
