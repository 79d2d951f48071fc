using System.Text.Json.Nodes;
using ClusterProxy.Server.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Server.Tests.Leases;

/// <summary>Servers that keep leases at an API server, by a clock that the test moves.</summary>
public abstract class LeaseTest : IAsyncLifetime
{
    /// <summary>The lease of the server under test.</summary>
    private protected const string OwnLease = "konnectivity-proxy-server-server-under-test";

    private TestApiServer _server = null!;

    private protected FakeKubernetesApi Api => _server.Api;

    private protected ManualTime Time { get; } = new();

    public async Task InitializeAsync() => _server = await TestApiServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    private protected Task<TestServer> StartAsync(Func<ServerOptions, ServerOptions>? configure = null, TimeProvider? time = null) =>
        TestServer.StartAsync(
            o => (configure ?? (static o => o))(o with { EnableLeaseController = true, Kubeconfig = _server.Kubeconfig }), time ?? Time);

    private protected string Write(string name, string text) => _server.Write(name, text);

    private protected JsonObject? Lease(string name) => Api.Find("leases", "kube-system", name);

    private protected void AdvanceASecond() => Time.Advance(TimeSpan.FromSeconds(1));

    /// <summary>A lease that was renewed so many seconds ago.</summary>
    private protected void PutLease(string name, string holder, int age, string label = "konnectivity-server", string annotations = "{}") => Api.Put($$$"""
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease",
         "metadata":{"name":"{{{name}}}","namespace":"kube-system","labels":{"k8s-app":"{{{label}}}"},"annotations":{{{annotations}}} },
         "spec":{"holderIdentity":"{{{holder}}}","leaseDurationSeconds":30,"renewTime":"{{{Time.GetUtcNow().AddSeconds(-age):yyyy-MM-ddTHH:mm:ss.ffffffZ}}}"} }
        """);
}
