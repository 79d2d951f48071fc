using System.Runtime.InteropServices;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>How to run the programs that lie beside this one.</summary>
internal static class DotNetHost
{
    /// <summary>The <c>dotnet</c> that runs this process, which need not be on PATH.</summary>
    public static string Path { get; } = Find();

    /// <param name="assembly">Its file name without extension.</param>
    public static string Beside(string assembly)
    {
        var path = System.IO.Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll");
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"{path} is missing; build src/ClusterProxy.Cli, which puts it there", path);
    }

    private static string Find()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";

        // <root>/shared/Microsoft.NETCore.App/<version>/
        var root = System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var candidates = new[] { System.IO.Path.Combine(root, name), Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") };
        return Array.Find(candidates, File.Exists) ?? name;
    }
}
