using System.Reflection;
using System.Text.RegularExpressions;
using Xunit.Sdk;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>A test as documents name it: a class and a test, and in brackets the first arguments where the test has several rows.</summary>
internal static partial class NamedTest
{
    /// <param name="tests">Where it should be.</param>
    /// <param name="text">Such as <c>SomeTests.Subject_Condition_Outcome(first, second)</c>.</param>
    public static bool Exists(Assembly tests, string text)
    {
        var match = Name().Match(text);
        var type = tests.GetTypes().SingleOrDefault(t => t.Name == match.Groups["type"].Value);
        var method = type is null ? null : Of(type).SingleOrDefault(m => m.Name == match.Groups["method"].Value);
        if (method is null || !match.Groups["arguments"].Success)
        {
            return method is not null;
        }

        var arguments = match.Groups["arguments"].Value.Split(", ");
        return method.GetCustomAttributes<DataAttribute>().SelectMany(d => d.GetData(method))
            .Any(data => data.Take(arguments.Length).Select(static a => $"{a}").SequenceEqual(arguments, StringComparer.Ordinal));
    }

    public static IEnumerable<MethodInfo> Of(Type type) =>
        type.GetMethods(BindingFlags.Instance | BindingFlags.Public).Where(static m => m.GetCustomAttribute<FactAttribute>() is not null);

    [GeneratedRegex(@"^(?<type>\w+)\.(?<method>\w+)(\((?<arguments>[^)]*)\))?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
