using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Server.Tests.Kit;

/// <summary>A fake Kubernetes API server with the kubeconfig file that leads to it.</summary>
internal sealed class TestApiServer : IAsyncDisposable
{
    public const string Audience = "hub";

    private readonly TemporaryDirectory _directory = new();

    private TestApiServer(FakeKubernetesApi api)
    {
        Api = api;
        Kubeconfig = Write("config", api.KubeConfigText());
    }

    public FakeKubernetesApi Api { get; }

    public string Kubeconfig { get; }

    public static async Task<TestApiServer> StartAsync(TimeProvider? time = null) => new(await FakeKubernetesApi.StartAsync(time: time));

    /// <summary>Agents show tokens of the account ns/agent for the audience.</summary>
    public ServerOptions WithTokens(ServerOptions options) => options with
    {
        ClusterCaCert = "",
        Kubeconfig = Kubeconfig,
        AgentNamespace = "ns",
        AgentServiceAccount = "agent",
        AuthenticationAudience = Audience,
    };

    /// <summary>A token that is let in.</summary>
    public void AddToken(string token) => Api.Tokens[token] = ApiUser.ServiceAccount("ns", "agent", Audience) with
    {
        Extra = new Dictionary<string, string[]>
        {
            ["authentication.kubernetes.io/pod-name"] = ["agent-0"],
            ["authentication.kubernetes.io/pod-uid"] = ["uid-0"],
            ["authentication.kubernetes.io/node-name"] = ["node-7"],
            ["authentication.kubernetes.io/node-uid"] = ["uid-7"],
            ["authentication.kubernetes.io/credential-id"] = ["JTI=0"],
        },
    };

    /// <summary>Agents show tokens of their cluster's account, as Open Cluster Management's add-ons have one.</summary>
    public ServerOptions WithClusterTokens(ServerOptions options) => WithTokens(options) with
    {
        AgentNamespace = "",
        AgentServiceAccount = "{cluster}-cluster-proxy-agent",
        AgentTokenCluster = AgentTokenCluster.Namespace,
    };

    /// <summary>A token of a cluster's account.</summary>
    public void AddClusterToken(string token, string cluster) =>
        Api.Tokens[token] = ApiUser.ServiceAccount(cluster, $"{cluster}-cluster-proxy-agent", Audience);

    public string Write(string name, string text)
    {
        File.WriteAllText(_directory.File(name), text);
        return _directory.File(name);
    }

    public int Reviews() => Api.Requests.Count(static r => r.Path.EndsWith("/tokenreviews", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        _directory.Dispose();
    }
}
