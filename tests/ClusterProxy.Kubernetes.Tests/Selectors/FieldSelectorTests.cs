using ClusterProxy.Kubernetes.Selectors;
using Xunit.Abstractions;

namespace ClusterProxy.Kubernetes.Tests.Selectors;

public sealed class FieldSelectorTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("", true)]
    [InlineData("metadata.name=x", true)]
    [InlineData("metadata.name==x,metadata.namespace!=y", true)]
    [InlineData("metadata.name!=x", false)]
    [InlineData("metadata.missing=", true)]
    [InlineData("metadata.missing!=", false)]
    public void Selector_Matches(string selector, bool matches) => Assert.Equal(
        matches, FieldSelector.Parse(selector).Matches(static path => path == "metadata.name" ? "x" : null));

    [Theory]
    [InlineData("name")]
    [InlineData("=x")]
    [InlineData("a=b=c")]
    [InlineData(@"a=b\c")]
    [InlineData(@"a=b\")]
    public void Mistake_IsRefused(string selector) => Assert.Throws<FormatException>(() => FieldSelector.Parse(selector));

    [Fact]
    public void AnyValues_ReadBackFromTheText()
    {
        var random = SeededRandom.Create(output.WriteLine);
        const string Characters = @"ab\,=! .";
        for (var i = 0; i < 20_000; i++)
        {
            var values = Enumerable.Range(0, random.Next(1, 4))
                .Select(n => (Path: $"f{n}", Value: new string([.. Enumerable.Range(0, random.Next(6)).Select(_ => Characters[random.Next(Characters.Length)])])))
                .ToArray();
            var text = string.Join(',', values.Select(static v => new FieldRequirement(v.Path, v.Value, IsEqual: true)));

            var read = FieldSelector.Parse(text).Requirements;

            Assert.Equal(values, read.Select(static r => (r.Path, r.Value)));
        }
    }
}
