using System.Reflection;

namespace ClusterProxy.EndToEnd.Tests.Rules;

/// <summary>The assemblies of <c>src</c>, by the name of their project.</summary>
internal static class ProductAssemblies
{
    private static readonly Dictionary<string, string> NameOfProgram = new(StringComparer.Ordinal)
    {
        ["ClusterProxy.Server"] = "proxy-server",
        ["ClusterProxy.Agent"] = "proxy-agent",
        ["ClusterProxy.Gateway"] = "cluster-gateway",
        ["ClusterProxy.Cli"] = "clusterproxy",
    };

    public static IReadOnlyList<string> Projects { get; } =
    [
        "ClusterProxy.Protocol",
        "ClusterProxy.Hosting",
        "ClusterProxy.Kubernetes",
        "ClusterProxy.Client",
        "ClusterProxy.Server",
        "ClusterProxy.Agent",
        "ClusterProxy.Gateway",
        "ClusterProxy.Cli",
    ];

    public static Assembly Of(string project) => Assembly.Load(NameOfProgram.GetValueOrDefault(project, project));

    /// <summary>Null when the assembly is none of ours.</summary>
    public static string? ProjectOf(string assembly) =>
        NameOfProgram.FirstOrDefault(p => p.Value == assembly).Key ?? (Projects.Contains(assembly) ? assembly : null);
}
