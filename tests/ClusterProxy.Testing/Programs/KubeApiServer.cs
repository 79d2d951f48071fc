using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ClusterProxy.Testing.Certificates;

namespace ClusterProxy.Testing.Programs;

/// <summary>
/// A real kube-apiserver with an etcd of its own: aggregation, RBAC, token reviews, no controllers and no nodes.
/// Both programs are looked for on PATH; <c>.ci/kube-apiserver</c> builds the first.
/// </summary>
public sealed class KubeApiServer : IAsyncDisposable
{
    /// <summary>What <see cref="Missing"/> tells to do.</summary>
    private const string HowToGet = "put kube-apiserver (.ci/kube-apiserver builds one) and etcd on PATH";

    private const string AdminToken = "token-of-admin";

    private readonly TemporaryDirectory _directory = new();
    private readonly TestCertificates _authority = new("hub");
    private readonly TestCertificates _frontProxies = new("front proxies");
    private readonly ProgramProcess _etcd;
    private readonly ProgramProcess _server;

    private KubeApiServer(string? egressSelection)
    {
        var (client, peer) = (FreePorts.Shared.Next(), FreePorts.Shared.Next());
        Url = new Uri($"https://127.0.0.1:{FreePorts.Shared.Next()}");
        _etcd = ProgramProcess.Start("etcd",
        [
            $"--data-dir={_directory.File("etcd")}", $"--listen-client-urls=http://127.0.0.1:{client}",
            $"--advertise-client-urls=http://127.0.0.1:{client}", $"--listen-peer-urls=http://127.0.0.1:{peer}",
            $"--initial-advertise-peer-urls=http://127.0.0.1:{peer}", $"--initial-cluster=default=http://127.0.0.1:{peer}",
        ]);
        _server = ProgramProcess.Start("kube-apiserver", Flags(client, egressSelection));
        Admin = Client(AdminToken);
    }

    /// <summary>Why it cannot be had here, for a skip; null when it can.</summary>
    public static string? Missing =>
        !OutsideProgram.IsInstalled("kube-apiserver") ? $"kube-apiserver is not installed: {HowToGet}"
        : !OutsideProgram.IsInstalled("etcd") ? $"etcd is not installed: {HowToGet}"
        : null;

    public Uri Url { get; }

    /// <summary>Of the group system:masters.</summary>
    public HttpClient Admin { get; }

    /// <summary>The CA of its certificate.</summary>
    public string AuthorityFile => _authority.AuthorityFile;

    /// <param name="egressSelection">YAML of the egress selection "cluster", indented by four; null for none.</param>
    public static async Task<KubeApiServer> StartAsync(string? egressSelection = null)
    {
        var server = new KubeApiServer(egressSelection);
        try
        {
            await server._server.WaitForUrlAsync(new Uri(server.Url, "readyz"), server.Admin);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Callers by token: those of <c>token-of-alice</c> are the user alice of no group but system:authenticated.</summary>
    public HttpClient Client(string token)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { _authority.Authority.Certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        return new HttpClient(handler)
        {
            BaseAddress = Url,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
    }

    /// <summary>A kubeconfig file whose user shows the token.</summary>
    public string Kubeconfig(string token = AdminToken)
    {
        var file = _directory.File($"config-{Guid.NewGuid():N}");
        File.WriteAllText(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: hub
            clusters: [{name: hub, cluster: {server: "{{Url.GetLeftPart(UriPartial.Authority)}}", certificate-authority: "{{AuthorityFile}}"} }]
            users: [{name: caller, user: {token: "{{token}}"} }]
            contexts: [{name: hub, context: {cluster: hub, user: caller} }]
            """);
        return file;
    }

    /// <param name="collection">Path of its collection.</param>
    /// <param name="yaml">The object, JSON or YAML.</param>
    public async Task CreateAsync(string collection, string yaml)
    {
        using var content = new StringContent(yaml, new MediaTypeHeaderValue("application/yaml"));
        using var answer = await Admin.PostAsync(collection, content).DefaultTimeout();
        await ThrowUnlessDoneAsync(answer);
    }

    /// <param name="path">Path of the object, or of a subresource.</param>
    /// <param name="json">A merge patch.</param>
    public async Task PatchAsync(string path, string json)
    {
        using var content = new StringContent(json, new MediaTypeHeaderValue("application/merge-patch+json"));
        using var answer = await Admin.PatchAsync(path, content).DefaultTimeout();
        await ThrowUnlessDoneAsync(answer);
    }

    /// <summary>A token of a service account that is there, by a TokenRequest.</summary>
    public async Task<string> TokenAsync(string space, string account, params string[] audiences)
    {
        using var content = JsonContent.Create(new { apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest", spec = new { audiences } });
        using var answer = await Admin.PostAsync($"/api/v1/namespaces/{space}/serviceaccounts/{account}/token", content).DefaultTimeout();
        await ThrowUnlessDoneAsync(answer);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["status"]!["token"]!;
    }

    public async Task<JsonNode> JsonAsync(string path) => JsonNode.Parse(await Admin.GetStringAsync(path).DefaultTimeout())!;

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await _server.DisposeAsync();
        await _etcd.DisposeAsync();
        _frontProxies.Dispose();
        _authority.Dispose();
        _directory.Dispose();
    }

    private static async Task ThrowUnlessDoneAsync(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"{answer.RequestMessage!.RequestUri}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private string[] Flags(int etcdPort, string? egressSelection)
    {
        var serving = _authority.Server();
        var frontProxy = _frontProxies.Client("front-proxy-client");
        using var key = RSA.Create(2048);
        File.WriteAllText(_directory.File("accounts.key"), key.ExportRSAPrivateKeyPem());
        File.WriteAllText(_directory.File("tokens"), $"{AdminToken},admin,1,system:masters\ntoken-of-alice,alice,2\n");
        string[] flags =
        [
            $"--etcd-servers=http://127.0.0.1:{etcdPort}", $"--secure-port={Url.Port}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            $"--cert-dir={_directory.File("certificates")}", $"--tls-cert-file={serving.CertificateFile}", $"--tls-private-key-file={serving.KeyFile}",
            $"--client-ca-file={_authority.AuthorityFile}", $"--token-auth-file={_directory.File("tokens")}", "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24", "--service-account-issuer=https://kubernetes.default.svc",
            $"--service-account-key-file={_directory.File("accounts.key")}", $"--service-account-signing-key-file={_directory.File("accounts.key")}",
            $"--requestheader-client-ca-file={_frontProxies.AuthorityFile}", "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            $"--proxy-client-cert-file={frontProxy.CertificateFile}", $"--proxy-client-key-file={frontProxy.KeyFile}",
        ];
        if (egressSelection is null)
        {
            return flags;
        }

        File.WriteAllText(_directory.File("egress"), $"""
            apiVersion: apiserver.k8s.io/v1beta1
            kind: EgressSelectorConfiguration
            egressSelections:
            - name: cluster
              connection:
            {egressSelection}
            """);
        return [.. flags, $"--egress-selector-config-file={_directory.File("egress")}"];
    }
}
