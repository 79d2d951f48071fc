using System.Reflection;
using System.Xml.Linq;

namespace ClusterProxy.EndToEnd.Tests.Rules;

/// <summary>The arrows between assemblies, by the projects and by what the compiler really used.</summary>
public sealed class DependencyRulesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["ClusterProxy.Protocol"] = [],
        ["ClusterProxy.Hosting"] = [],
        ["ClusterProxy.Kubernetes"] = [],
        ["ClusterProxy.Client"] = ["ClusterProxy.Protocol"],
        ["ClusterProxy.Server"] = ["ClusterProxy.Protocol", "ClusterProxy.Hosting", "ClusterProxy.Kubernetes"],
        ["ClusterProxy.Agent"] = ["ClusterProxy.Protocol", "ClusterProxy.Hosting", "ClusterProxy.Kubernetes"],

        ["ClusterProxy.Gateway"] = ["ClusterProxy.Client", "ClusterProxy.Hosting", "ClusterProxy.Kubernetes"],

        // `demo` starts the three programs, so they lie beside the CLI; `doctor` judges by their rules, and by the wire's names.
        ["ClusterProxy.Cli"] =
        [
            "ClusterProxy.Protocol", "ClusterProxy.Client", "ClusterProxy.Hosting", "ClusterProxy.Kubernetes", "ClusterProxy.Server",
            "ClusterProxy.Agent", "ClusterProxy.Gateway",
        ],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Fact]
    public void EveryProject_HasItsRule()
    {
        var projects = Directory.GetDirectories(RepositoryRoot.File("src"))
            .Where(static d => Directory.GetFiles(d, "*.csproj").Length > 0)
            .Select(Path.GetFileName);

        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), projects.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_ReferencesOnlyWhatTheRuleAllows(string project)
    {
        var references = XDocument.Load(RepositoryRoot.File("src", project, $"{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(static r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')));

        Assert.Empty(references.Except(Allowed[project], StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Assembly_UsesOnlyWhatTheRuleAllows(string project)
    {
        var used = ProductAssemblies.Of(project).GetReferencedAssemblies()
            .Select(static a => ProductAssemblies.ProjectOf(a.Name!))
            .OfType<string>();

        Assert.Empty(used.Except(Allowed[project], StringComparer.Ordinal));
    }

    [Fact]
    public void Protocol_KnowsNoWebServer() => Assert.DoesNotContain(
        ProductAssemblies.Of("ClusterProxy.Protocol").GetReferencedAssemblies(),
        static (AssemblyName a) => a.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
}
