namespace ClusterProxy.Interop.Tests.Peers;

/// <summary>Installs the peers' packages once a run. Test classes that use peers are in its collection.</summary>
public sealed class NodeFixture : IAsyncLifetime
{
    /// <summary>First line of every test that starts a peer.</summary>
    public static void SkipIfMissing() => Skip.If(NodePackages.Missing is not null, NodePackages.Missing);

    public Task InitializeAsync() => NodePackages.InstallAsync(RepositoryRoot.File("tests", "ClusterProxy.Interop.Tests", "peers"));

    public Task DisposeAsync() => Task.CompletedTask;
}
