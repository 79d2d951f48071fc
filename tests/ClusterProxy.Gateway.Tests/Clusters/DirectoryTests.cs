using System.Diagnostics.Metrics;
using ClusterProxy.Gateway.Clusters;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Gateway.Tests.Clusters;

public sealed class DirectoryTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FailOnErrorLog _log = new();
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ClusterCatalog _catalog;

    public DirectoryTests() => _catalog = new ClusterCatalog(
        1, new GatewayMetrics(_meters.GetRequiredService<IMeterFactory>()), _log.CreateFactory().CreateLogger("test"));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _catalog.DisposeAsync();
        await _meters.DisposeAsync();
        _directory.Dispose();
        _log.Verify();
    }

    [Fact]
    public async Task Files_AreFollowed_AndABadOneTakesAwayItsOwnClusterOnly()
    {
        Write("a.yaml", Yaml("alpha", "https://a:1") + "---\n" + Yaml("beta", "https://b:1"));
        Write("c.yaml", Yaml("gamma", "https://c:1"));
        Write("notes.txt", "nothing");
        _catalog.Add(new ClusterDirectory(_directory.Path, new ClusterProjection(new GatewayOptions()), TimeProvider.System, _log.CreateFactory().CreateLogger("test")));
        Assert.True(_catalog.IsSynced);
        Assert.Equal(["alpha", "beta", "gamma"], _catalog.Snapshot.All.Select(static c => c.Name));
        var changes = new ObservedList<ClusterChange>();
        using var subscription = _catalog.Subscribe(changes.Add);
        var before = _catalog.Snapshot;

        Write("a.yaml", Yaml("alpha", "https://a:2"));
        await changes.WaitForAsync(static c => c.After?.Endpoint.Address.Port == 2).DefaultTimeout();
        Write("c.yaml", Yaml("gamma", "no address"));
        await changes.WaitForAsync(static c => c.Latest.Name == "gamma" && c.After is null).DefaultTimeout();

        Assert.Equal("alpha", Assert.Single(_catalog.Snapshot.All).Name);
        Assert.Equal(3, before.Count);
        Assert.Equal(changes.Items.Select(static c => c.Version).Order(), changes.Items.Select(static c => c.Version));
        var problem = Assert.Single(_catalog.Problems.Values);
        Assert.Contains("c.yaml", problem.Reason, StringComparison.Ordinal);

        Write("c.yaml", Yaml("gamma", "https://c:1"));
        await changes.WaitForAsync(static c => c.Latest.Name == "gamma" && c.Before is null).DefaultTimeout();
        Assert.Empty(_catalog.Problems);
        File.Delete(_directory.File("a.yaml"));
        await changes.WaitForAsync(static c => c.Latest.Name == "alpha" && c.After is null).DefaultTimeout();
    }

    [Fact]
    public void Cluster_DescribedTwice_IsNeither()
    {
        Write("a.yaml", Yaml("alpha", "https://a:1"));
        Write("b.yaml", Yaml("alpha", "https://b:1"));
        _catalog.Add(new ClusterDirectory(_directory.Path, new ClusterProjection(new GatewayOptions()), TimeProvider.System, _log.CreateFactory().CreateLogger("test")));

        Assert.Null(_catalog.Find("alpha"));
        Assert.Contains("more than once", Assert.Single(_catalog.Problems.Values).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ClusterThatIsNotChecked_IsSpokenOf()
    {
        Write("a.yaml", Yaml("alpha", "https://a:1"));
        Write("b.yaml", Yaml("beta", "https://b:1").Replace("system-roots", "insecure", StringComparison.Ordinal));
        _catalog.Add(new ClusterDirectory(_directory.Path, new ClusterProjection(new GatewayOptions()), TimeProvider.System, _log.CreateFactory().CreateLogger("test")));

        var warning = Assert.Single(_log.Records, static r => r.EventName == "ClusterInsecure");
        Assert.Contains("cluster beta", warning.Message, StringComparison.Ordinal);
        Assert.Contains("b.yaml", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FileThatIsNoYaml_IsAProblem()
    {
        Write("a.yaml", "a: [");
        Write("b.yaml", Yaml("beta", "https://b:1"));
        _catalog.Add(new ClusterDirectory(_directory.Path, new ClusterProjection(new GatewayOptions()), TimeProvider.System, _log.CreateFactory().CreateLogger("test")));

        Assert.NotNull(_catalog.Find("beta"));
        Assert.Contains("no YAML", Assert.Single(_catalog.Problems.Values).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void FileThatTheYamlReaderItselfFailsAt_IsAProblem()
    {
        Write("a.yaml", "users: [!<> a]");
        Write("b.yaml", Yaml("beta", "https://b:1"));
        _catalog.Add(new ClusterDirectory(_directory.Path, new ClusterProjection(new GatewayOptions()), TimeProvider.System, _log.CreateFactory().CreateLogger("test")));

        Assert.NotNull(_catalog.Find("beta"));
        Assert.EndsWith("a.yaml", Assert.Single(_catalog.Problems.Values).Source, StringComparison.Ordinal);
    }

    private static string Yaml(string name, string endpoint) => $"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: {name}
          labels: {"{"} cluster.core.oam.dev/cluster-credential-type: ServiceAccountToken {"}"}
          annotations: {"{"} cluster.core.oam.dev/cluster-trust: system-roots {"}"}
        stringData:
          endpoint: {endpoint}
          token: secret

        """;

    /// <summary>As an editor does: whole, at once.</summary>
    private void Write(string name, string text)
    {
        var next = _directory.File("." + name + ".next");
        File.WriteAllText(next, text);
        File.Move(next, _directory.File(name), overwrite: true);
    }
}
