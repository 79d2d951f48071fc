namespace ClusterProxy.Testing.Programs;

/// <summary>
/// Our programs: beside the test when it references them, else where their own project builds them. <c>CLUSTERPROXY_TEST_PROXY_AGENT</c>
/// and the like name another build, such as a native one, to run the same tests with.
/// </summary>
public static class BuiltProgram
{
    public static string ProxyServer => Find("proxy-server", "ClusterProxy.Server");

    public static string ProxyAgent => Find("proxy-agent", "ClusterProxy.Agent");

    public static string ClusterGateway => Find("cluster-gateway", "ClusterProxy.Gateway");

    /// <summary>A <see cref="Targets.PatternTarget"/> that can be killed; of the tests, so always beside them.</summary>
    public static string PatternTarget => Find("pattern-target", "ClusterProxy.PatternTarget");

    public static string Cli => Find("clusterproxy", "ClusterProxy.Cli");

    /// <summary>What starts one of them: an assembly through dotnet, anything else as it is.</summary>
    public static string[] Command(string program)
    {
        if (!program.EndsWith(".dll", StringComparison.Ordinal))
        {
            return [program];
        }

        var host = Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";
        return [host, "exec", program];
    }

    private static string Find(string assembly, string project)
    {
        var variable = $"CLUSTERPROXY_TEST_{assembly.Replace('-', '_').ToUpperInvariant()}";
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } other)
        {
            return File.Exists(other) ? other : throw new FileNotFoundException($"{variable} names {other}, which is not there");
        }

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
