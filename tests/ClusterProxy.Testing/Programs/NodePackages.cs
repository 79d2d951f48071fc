using System.Security.Cryptography;
using System.Text;

namespace ClusterProxy.Testing.Programs;

/// <summary>The npm packages that a test project's peers/ folder asks for.</summary>
public static class NodePackages
{
    private static readonly TimeSpan LongestInstall = TimeSpan.FromMinutes(3);

    /// <summary>Null when there is node and npm; else which one is missing, for a skip.</summary>
    public static string? Missing =>
        !OutsideProgram.IsInstalled("node") ? "node is not installed"
        : !OutsideProgram.IsInstalled("npm") ? "npm is not installed"
        : null;

    /// <summary>Installs what the lock file says, unless that was done before, or another test process is doing it: then it waits.</summary>
    public static async Task InstallAsync(string folder)
    {
        if (Missing is not null || IsUpToDate(folder))
        {
            return;
        }

        await using var turn = await TakeTurnAsync(folder);
        if (IsUpToDate(folder))
        {
            return;
        }

        await using var npm = ProgramProcess.Start("npm", ["ci"], workingDirectory: folder);
        await npm.Ended.WaitAsync(LongestInstall);
        await npm.ExpectExitAsync(0);
    }

    private static async Task<FileStream> TakeTurnAsync(string folder)
    {
        var name = Path.Combine(Path.GetTempPath(), $"clusterproxy-npm-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16]}");
        using var longest = new CancellationTokenSource(LongestInstall);
        while (true)
        {
            try
            {
                return new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), longest.Token);
            }
        }
    }

    // npm writes its own lock file last.
    private static bool IsUpToDate(string folder)
    {
        var installed = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json"));
    }
}
