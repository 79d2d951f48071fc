namespace ClusterProxy.Interop.Tests.Peers;

/// <summary>Installs the peers' packages once a run. Test classes that use peers are in its collection.</summary>
public sealed class NodeFixture : IAsyncLifetime
{
    private static string Folder => RepositoryRoot.File("tests", "ClusterProxy.Interop.Tests", "peers");

    /// <summary>First line of every test that starts a peer.</summary>
    public static void SkipIfMissing()
    {
        Skip.IfNot(OutsideProgram.IsInstalled("node"), "node is not installed");
        Skip.IfNot(OutsideProgram.IsInstalled("npm"), "npm is not installed");
    }

    public async Task InitializeAsync()
    {
        if (!OutsideProgram.IsInstalled("node") || !OutsideProgram.IsInstalled("npm") || IsUpToDate())
        {
            return;
        }

        await using var npm = ProgramProcess.Start("npm", ["ci"], workingDirectory: Folder);
        await npm.Ended.WaitAsync(TimeSpan.FromMinutes(3));
        await npm.ExpectExitAsync(0);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    // npm writes its own lock file last.
    private static bool IsUpToDate()
    {
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"));
    }
}
