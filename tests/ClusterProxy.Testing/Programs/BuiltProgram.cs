namespace ClusterProxy.Testing.Programs;

/// <summary>Our programs: beside the test when it references them, else where their own project builds them.</summary>
public static class BuiltProgram
{
    public static string ProxyServer => Find("proxy-server", "ClusterProxy.Server");

    public static string ProxyAgent => Find("proxy-agent", "ClusterProxy.Agent");

    public static string ClusterGateway => Find("cluster-gateway", "ClusterProxy.Gateway");

    public static string Cli => Find("clusterproxy", "ClusterProxy.Cli");

    private static string Find(string assembly, string project)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll");
        if (File.Exists(beside) && File.Exists(Path.ChangeExtension(beside, ".runtimeconfig.json")))
        {
            return beside;
        }

        // bin/<configuration>/<framework>, as of the running test.
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var own = RepositoryRoot.File("src", project, "bin", output.Parent!.Name, output.Name, $"{assembly}.dll");
        return File.Exists(own) ? own : throw new FileNotFoundException($"{assembly}.dll is neither {beside} nor {own}: build {project}");
    }
}
