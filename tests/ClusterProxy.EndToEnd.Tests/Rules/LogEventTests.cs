using System.Reflection;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.EndToEnd.Tests.Rules;

/// <summary>An event id says one thing for ever: operators' filters hang on it.</summary>
public sealed class LogEventTests
{
    private const int IdsPerAssembly = 1000;

    private static readonly Dictionary<string, int> FirstId = new(StringComparer.Ordinal)
    {
        ["ClusterProxy.Client"] = 1000,
        ["ClusterProxy.Server"] = 2000,
        ["ClusterProxy.Agent"] = 3000,
        ["ClusterProxy.Gateway"] = 4000,
        ["ClusterProxy.Kubernetes"] = 5000,
        ["ClusterProxy.Hosting"] = 7000,
    };

    [Fact]
    public void EveryEvent_HasAnExplicitName_AndAnIdOfItsAssembly()
    {
        var events = Events().ToList();

        Assert.True(events.Count > 40, $"only {events.Count} events were found");
        Assert.All(events, static e =>
        {
            Assert.False(string.IsNullOrEmpty(e.Event.EventName), $"{e.Method} has no EventName");
            Assert.True(FirstId.ContainsKey(e.Project), $"{e.Project} logs and has no range");
            Assert.InRange(e.Event.EventId, FirstId[e.Project], FirstId[e.Project] + IdsPerAssembly - 1);
        });
    }

    [Fact]
    public void EveryEventId_IsUsedOnce() => Assert.Empty(
        Events().GroupBy(static e => e.Event.EventId).Where(static g => g.Count() > 1)
            .Select(static g => $"{g.Key}: {string.Join(", ", g.Select(static e => e.Method))}"));

    [Fact]
    public void EveryEventName_IsUsedOnceInItsAssembly() => Assert.Empty(
        Events().GroupBy(static e => (e.Project, e.Event.EventName)).Where(static g => g.Count() > 1)
            .Select(static g => $"{g.Key}: {string.Join(", ", g.Select(static e => e.Method))}"));

    private static IEnumerable<(string Project, string Method, LoggerMessageAttribute Event)> Events() =>
        from project in ProductAssemblies.Projects
        from type in ProductAssemblies.Of(project).GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let attribute = method.GetCustomAttribute<LoggerMessageAttribute>()
        where attribute is not null
        select (project, $"{type.Name}.{method.Name}", attribute);
}
