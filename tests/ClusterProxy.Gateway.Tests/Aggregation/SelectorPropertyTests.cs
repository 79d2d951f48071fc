using System.Collections.Immutable;
using ClusterProxy.Gateway.Tests.Kit;
using Xunit.Abstractions;

namespace ClusterProxy.Gateway.Tests.Aggregation;

/// <summary>
/// Label and field selectors on our own objects, through the port: whatever is asked for, the answer is what a plain look at every
/// object's labels and name gives. Selectors are made with their meaning beside them, so nothing here parses any.
/// </summary>
public sealed class SelectorPropertyTests(ITestOutputHelper output)
{
    private const int Clusters = 40;
    private const int Selectors = 150;

    private static readonly string[] Keys = ["region", "tier", "example.com/team", "x"];
    private static readonly string[] Values = ["a", "b", "c", "", "a-b.c_d", "0"];

    [Fact]
    public async Task AnySelector_FindsWhatAPlainLookFinds()
    {
        var random = SeededRandom.Create(output.WriteLine);
        await using var gateway = await GatewayFixture.StartAsync();
        var objects = Enumerable.Range(0, Clusters).Select(i => (Name: $"c{i}", Labels: Labels(random))).ToArray();
        foreach (var (name, labels) in objects)
        {
            gateway.Put(name, c => c with { Labels = labels });
        }

        using var client = gateway.FrontProxy();
        for (var i = 0; i < Selectors; i++)
        {
            var labels = Enumerable.Range(0, random.Next(4)).Select(_ => LabelRequirement(random)).ToArray();
            var fields = Enumerable.Range(0, random.Next(3)).Select(_ => FieldRequirement(random)).ToArray();
            var query = $"labelSelector={Joined(labels.Select(static l => l.Text))}&fieldSelector={Joined(fields.Select(static f => f.Text))}";

            var list = await client.JsonAsync($"{GatewayFixture.Root}/clustergateways?{query}");

            var expected = objects.Where(o => labels.All(l => l.Holds(o.Labels)) && fields.All(f => f.Holds(o.Name))).Select(static o => o.Name);
            var found = list["items"]!.AsArray().Select(static o => (string)o!["metadata"]!["name"]!);
            Assert.True(expected.Order(StringComparer.Ordinal).SequenceEqual(found), $"{Uri.UnescapeDataString(query)}: {string.Join(' ', found)}");
        }
    }

    private static string Joined(IEnumerable<string> parts) => Uri.EscapeDataString(string.Join(',', parts));

    private static ImmutableSortedDictionary<string, string> Labels(SeededRandom random) =>
        Keys.Where(_ => random.Next(3) > 0).ToImmutableSortedDictionary(static k => k, _ => Pick(random, Values), StringComparer.Ordinal);

    private static (string Text, Func<IReadOnlyDictionary<string, string>, bool> Holds) LabelRequirement(SeededRandom random)
    {
        var (key, value, other) = (Pick(random, Keys), Pick(random, Values), Pick(random, Values));
        var space = random.Next(2) == 0 ? "" : " ";
        return random.Next(8) switch
        {
            0 => ($"{key}{space}={space}{value}", l => l.TryGetValue(key, out var v) && v == value),
            1 => ($"{key}=={value}", l => l.TryGetValue(key, out var v) && v == value),
            2 => ($"{key}{space}!={space}{value}", l => !l.TryGetValue(key, out var v) || v != value),
            3 => ($"{key} in ({value},{space}{other})", l => l.TryGetValue(key, out var v) && (v == value || v == other)),
            4 => ($"{key} notin ({value},{other})", l => !l.TryGetValue(key, out var v) || (v != value && v != other)),
            5 => (key, l => l.ContainsKey(key)),
            6 => ($"!{space}{key}", l => !l.ContainsKey(key)),
            _ => ($"{key} > 0", l => l.TryGetValue(key, out var v) && int.TryParse(v, null, out var number) && number > 0),
        };
    }

    private static (string Text, Func<string, bool> Holds) FieldRequirement(SeededRandom random)
    {
        var name = $"c{random.Next(Clusters + 5)}";
        return random.Next(5) switch
        {
            0 => ($"metadata.name={name}", n => n == name),
            1 => ($"metadata.name=={name}", n => n == name),
            2 => ("metadata.namespace=", static _ => true),
            3 => ("metadata.namespace!=default", static _ => true),
            _ => ($"metadata.name!={name}", n => n != name),
        };
    }

    private static string Pick(SeededRandom random, string[] from) => from[random.Next(from.Length)];
}
