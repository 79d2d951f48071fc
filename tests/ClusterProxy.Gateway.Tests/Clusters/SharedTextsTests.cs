using ClusterProxy.Gateway.Clusters;

namespace ClusterProxy.Gateway.Tests.Clusters;

public sealed class SharedTextsTests
{
    private readonly SharedTexts _texts = new();

    [Fact]
    public void Labels_OfTwoObjects_HaveTheirTextsOnce()
    {
        var one = _texts.Share(Labels("region", "north"))!.Single();
        var other = _texts.Share(Labels("region", "north"))!.Single();

        Assert.Same(one.Key, other.Key);
        Assert.Same(one.Value, other.Value);
    }

    [Fact]
    public void Labels_OfManyDifferentValues_AreRightAndNotAllKept()
    {
        for (var i = 0; i < 2000; i++)
        {
            Assert.Equal($"{i}", _texts.Share(Labels("serial", $"{i}"))!["serial"]);
        }

        var late = _texts.Share(Labels("serial", "1999"))!.Single();
        Assert.Same(_texts.Share(Labels("serial", "0"))!.Single().Key, late.Key);
        Assert.NotSame(_texts.Share(Labels("serial", "1999"))!.Single().Value, late.Value);
    }

    [Fact]
    public void Labels_ThatThereAreNot_StayNone() => Assert.Null(_texts.Share(null));

    /// <summary>Texts of their own, as each object's are that was read.</summary>
    private static Dictionary<string, string> Labels(string key, string value) => new() { [new string(key.ToCharArray())] = new string(value.ToCharArray()) };
}
