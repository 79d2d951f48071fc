using ClusterProxy.Gateway.Clusters;

namespace ClusterProxy.Gateway.Tests.Clusters;

/// <summary>A cluster that the directory and the hub both describe: whose came first, and then the other's.</summary>
public sealed class TwoSourcesTests : CatalogTest
{
    private readonly TemporaryDirectory _directory = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task FileThatGoes_LeavesTheClusterToTheHub()
    {
        WriteFile("file");
        Put("alpha", "https://hub:1");
        Start();
        await Eventually.ObserveAsync(() => Task.FromResult(Catalog.IsSynced && Catalog.Problems.Count == 1));
        Assert.Equal(("file", ClusterOrigin.File), Found());
        Assert.Contains("described elsewhere", Catalog.Problems.Values.Single().Reason, StringComparison.Ordinal);

        File.Delete(_directory.File("alpha.yaml"));

        await Changes.WaitForAsync(static c => c.After?.Endpoint.Address.Host == "hub").DefaultTimeout();
        Assert.Equal(("hub", ClusterOrigin.Secret), Found());
        Assert.Empty(Catalog.Problems);
    }

    [Fact]
    public async Task SecretThatGoes_LeavesTheClusterToTheFile_AsItIsThen()
    {
        Put("alpha", "https://hub:1");
        AddHub();
        await Changes.WaitForAsync(static c => c.After?.Endpoint.Address.Host == "hub").DefaultTimeout();
        WriteFile("old");
        Catalog.Add(Folder());
        WriteFile("new");
        await Eventually.ObserveAsync(() => Task.FromResult(Catalog.Problems.Count == 1));

        Hub.Delete("secrets", "fleet", "alpha");
        await Changes.WaitForAsync(static c => c.After?.Origin == ClusterOrigin.File).DefaultTimeout();
        await Eventually.ObserveAsync(() => Task.FromResult(Found() == ("new", ClusterOrigin.File)));

        Assert.Empty(Catalog.Problems);
    }

    [Fact]
    public async Task FileThatCannotBeUsed_KeepsTheClusterFromTheHub_UntilItGoes()
    {
        WriteFile("file");
        Put("alpha", "https://hub:1");
        Start();
        await Eventually.ObserveAsync(() => Task.FromResult(Catalog.IsSynced && Catalog.Problems.Count == 1));

        WriteFile("no host");
        await Changes.WaitForAsync(static c => c.After is null).DefaultTimeout();
        Put("alpha", "https://hub2:1");
        await Eventually.ObserveAsync(() => Task.FromResult(Catalog.Problems.Count == 2));
        Assert.Null(Catalog.Find("alpha"));
        File.Delete(_directory.File("alpha.yaml"));

        await Changes.WaitForAsync(static c => c.After?.Endpoint.Address.Host == "hub2").DefaultTimeout();
        Assert.Empty(Catalog.Problems);
    }

    private (string Host, ClusterOrigin Origin)? Found() =>
        Catalog.Find("alpha") is { } cluster ? (cluster.Endpoint.Address.Host, cluster.Origin) : null;

    private void Start()
    {
        Catalog.Add(Folder());
        AddHub();
    }

    private ClusterDirectory Folder() =>
        new(_directory.Path, new ClusterProjection(new GatewayOptions()), TimeProvider.System, Log.CreateFactory().CreateLogger("test"));

    /// <summary>As an editor does: whole, at once.</summary>
    private void WriteFile(string host)
    {
        var next = _directory.File(".next");
        File.WriteAllText(next, $"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: alpha
              labels: {"{"} cluster.core.oam.dev/cluster-credential-type: ServiceAccountToken {"}"}
              annotations: {"{"} cluster.core.oam.dev/cluster-trust: system-roots {"}"}
            stringData:
              endpoint: https://{host}:1
              token: secret
            """);
        File.Move(next, _directory.File("alpha.yaml"), overwrite: true);
    }
}
