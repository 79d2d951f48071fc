namespace ClusterProxy.Protocol.Tests;

public sealed class PeerTextTests
{
    [Theory]
    [InlineData("alpha:443", "alpha:443")]
    [InlineData("bücher.example:1", "bücher.example:1")]
    [InlineData("a\r\nb", "a??b")]
    [InlineData("\u001b[2J\u009b2J\u007f", "?[2J?2J?")]
    [InlineData("a\u2028b\u2029c\0", "a?b?c?")]
    public void Bound_KeepsWhatIsPrintable(string text, string expected) => Assert.Equal(expected, PeerText.Bound(text));

    [Fact]
    public void Bound_OfALongText_IsShort() => Assert.InRange(PeerText.Bound(new string('x', 4 << 20)).Length, 1, 301);
}
