namespace ClusterProxy.Protocol.Tests;

public sealed class TraceParentTests
{
    private const string Known = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Fact]
    public void Parse_OfTheFirstVersion_GivesItsParts()
    {
        Assert.True(TraceParent.TryParse(Known, out var parent));

        Assert.Equal(new TraceParent("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "01"), parent);
        Assert.Equal(Known, parent.ToString());
    }

    [Fact]
    public void Parse_OfALaterVersion_ReadsWhatItKnows() => Assert.True(TraceParent.TryParse("cc" + Known[2..] + "-what-comes", out _));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7")]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")]
    [InlineData("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more")]
    [InlineData("00x4bf92f3577b34da6a3ce929d0e0e4736x00f067aa0ba902b7x01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e473\n-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01,00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    public void Parse_OfAnythingElse_IsNone(string? text) => Assert.False(TraceParent.TryParse(text, out _));

    [Fact]
    public void NewSpan_OfAKnownParent_StaysInItsTrace()
    {
        var span = TraceParent.NewSpan(Known);

        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", span.TraceId);
        Assert.Equal("01", span.Flags);
        Assert.NotEqual("00f067aa0ba902b7", span.SpanId);
        Assert.True(TraceParent.TryParse(span.ToString(), out _));
    }

    [Fact]
    public void NewSpan_WithoutAParent_StartsATrace()
    {
        Assert.True(TraceParent.TryParse(TraceParent.NewSpan("nonsense").ToString(), out var first));
        Assert.NotEqual(first.TraceId, TraceParent.NewSpan(null).TraceId);
    }
}
