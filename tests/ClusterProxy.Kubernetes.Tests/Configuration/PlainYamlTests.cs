using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Kubernetes.Tests.Configuration;

/// <summary>Texts that would end the process, most by its stack, if YamlDotNet read them as they are.</summary>
public sealed class PlainYamlTests
{
    private static readonly string Deep = "a: " + new string('[', 100_000);

    [Theory]
    [InlineData("&c {? *c : 1, ? *c : 2}", "aliases are not read here")]
    [InlineData("a: &a 1\nb: *a", "aliases are not read here")]
    [InlineData("!<> x", "no YAML")]
    public void TextOfAnybody_IsRefused(string text, string said)
    {
        var error = Assert.Throws<KubeConfigException>(() => ExecPlugin.Parse(text, "data key exec"));

        Assert.StartsWith("data key exec: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: &c {? *c : 1, ? *c : 2}", "alias *c")]
    [InlineData("a: &c [{ b: *c }]", "alias *c")]
    [InlineData("a: [*c, &c [*d], &d [*c]]", "alias *c")]
    [InlineData("a: &c 1\n---\nb: *c", "alias *c")]
    [InlineData("!<> x", "no YAML")]
    public void FileOfTheUser_IsRefused_WhereItHoldsItself(string text, string said)
    {
        Assert.Contains(said, Assert.Throws<KubeConfigException>(() => YamlObjects.Read(text, "/file")).Message, StringComparison.Ordinal);
        Assert.Throws<KubeConfigException>(() => KubeConfigReader.Read(new StringReader(text), "/file"));
    }

    [Fact]
    public void Nesting_IsBounded_WhoeverWroteIt_AndThroughAliases()
    {
        var chain = "a0: &a0 [x]\n" + string.Concat(Enumerable.Range(1, 100).Select(static i => $"a{i}: &a{i} [*a{i - 1}]\n"));

        var reads = new Func<object>[]
        {
            static () => ExecPlugin.Parse(Deep, "/file"),
            static () => YamlObjects.Read(Deep, "/file"),
            static () => KubeConfigReader.Read(new StringReader(Deep), "/file"),
            () => YamlObjects.Read(chain, "/file"),
        };

        Assert.All(reads, static read => Assert.Contains("levels deep", Assert.Throws<KubeConfigException>(read).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Alias_OfWhatHasEnded_IsReadInTheUsersFiles()
    {
        const string text = """
            a: &a [x, y]
            b: &b { c: *a, d: *a }
            e: *b
            """;

        var read = Assert.Single(YamlObjects.Read(text, "/file"));

        Assert.Equal("""{"c":["x","y"],"d":["x","y"]}""", read["e"]!.ToJsonString());
    }
}
