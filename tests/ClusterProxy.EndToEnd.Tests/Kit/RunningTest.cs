using System.Reflection;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>The test that runs. xunit says it to its runners only, so it is read where they have it from.</summary>
/// <param name="Name">Class and method.</param>
/// <param name="Arguments">As documents write them.</param>
internal sealed record RunningTest(string Name, IReadOnlyList<string> Arguments)
{
    public static RunningTest Of(ITestOutputHelper output)
    {
        var field = output.GetType().GetField("test", BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new InvalidOperationException($"{output.GetType()} does not know its test.");
        var running = ((ITest)field.GetValue(output)!).TestCase;
        return new(
            $"{running.TestMethod.TestClass.Class.Name.Split('.')[^1]}.{running.TestMethod.Method.Name}",
            [.. (running.TestMethodArguments ?? []).Select(static a => $"{a}")]);
    }
}
