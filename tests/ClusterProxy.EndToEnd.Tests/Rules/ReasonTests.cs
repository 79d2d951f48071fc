using System.Reflection;
using System.Text.RegularExpressions;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.EndToEnd.Tests.Rules;

/// <summary>Whatever can end a connection or a dial has a word in log and metric and, where a peer hears of it, on the wire.</summary>
public sealed partial class ReasonTests
{
    /// <summary>Enums by whose name one sees that they say why something ended.</summary>
    public static TheoryData<string, string> Reasons
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var project in ProductAssemblies.Projects)
            {
                foreach (var type in ProductAssemblies.Of(project).GetTypes().Where(static t => t.IsEnum && ReasonName().IsMatch(t.Name)))
                {
                    rows.Add(project, type.FullName!);
                }
            }

            return rows;
        }
    }

    [Fact]
    public void Reasons_AreFound() => Assert.True(Reasons.Count >= 6, $"only {Reasons.Count} enums of reasons were found");

    [Theory]
    [MemberData(nameof(Reasons))]
    public void EveryValue_HasATag(string project, string name)
    {
        var assembly = ProductAssemblies.Of(project);
        var type = assembly.GetType(name, throwOnError: true)!;
        var tag = assembly.GetTypes()
            .SelectMany(static t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Single(m => m.Name is "Tag" or "ToTag" && m.GetParameters() is [{ ParameterType: var p }] && p == type);

        var tags = Enum.GetValues(type).Cast<object>().Select(value => (string)tag.Invoke(null, [value])!).ToList();

        Assert.All(tags, static t => Assert.Matches("^[a-z][a-z0-9_]*$", t));
    }

    [Fact]
    public void EveryCloseReason_HasItsOwnTag_AndAWireText()
    {
        var reasons = Enum.GetValues<CloseReason>();

        Assert.Equal(reasons.Length, reasons.Select(static r => r.ToTag()).Distinct(StringComparer.Ordinal).Count());
        Assert.All(reasons, static r => Assert.NotNull(r.ToWireText()));
    }

    [Fact]
    public void EveryDialFailure_HasAWireText_AndAConnectAnswerOrNoneOnPurpose()
    {
        foreach (var reason in Enum.GetValues<DialFailureReason>())
        {
            Assert.NotEmpty(reason.ToWireText());
            var answer = ConnectAnswers.For(reason, reason.ToWireText());
            if (reason is DialFailureReason.Cancelled or DialFailureReason.ClosedByAgent)
            {
                Assert.Null(answer);
            }
            else
            {
                Assert.True(answer!.Status is (>= 500 and <= 504) or 403, $"{reason}: {answer.Status}");
                Assert.EndsWith(reason.ToWireText(), answer.Text, StringComparison.Ordinal);
            }
        }
    }

    [GeneratedRegex("(Reason|Verdict|Failure|Step)$")]
    private static partial Regex ReasonName();
}
