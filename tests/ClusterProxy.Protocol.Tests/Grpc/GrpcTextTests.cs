using ClusterProxy.Protocol.Grpc;
using FsCheck;
using FsCheck.Fluent;

namespace ClusterProxy.Protocol.Tests.Grpc;

public sealed class GrpcTextTests
{
    [Fact]
    public void MessageText_AnyText_SurvivesTheRoundTrip() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll<NonNull<string>>(text =>
        {
            // Lone surrogates are no text: UTF-8 cannot carry them.
            var valid = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text.Get));
            var encoded = GrpcMessageText.Encode(valid);
            return encoded.All(c => c is >= ' ' and <= '~') && GrpcMessageText.Decode(encoded) == valid;
        }));

    [Theory]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("é", "%C3%A9")]
    public void MessageText_SpecialCharacters_AreEscaped(string text, string encoded) =>
        Assert.Equal(encoded, GrpcMessageText.Encode(text));

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("a%20b", "a b")]
    public void MessageText_BadEscape_IsKept(string encoded, string text) => Assert.Equal(text, GrpcMessageText.Decode(encoded));

    [Theory]
    [InlineData("1H", 3600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("3S", 3000)]
    [InlineData("99999999m", 99999999)]
    [InlineData("5000u", 5)]
    [InlineData("7000000n", 7)]
    public void Timeout_ValidValue_IsRead(string value, long milliseconds)
    {
        Assert.True(GrpcTimeout.TryParse(value, out var timeout));
        Assert.Equal(milliseconds, timeout.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("-1S")]
    [InlineData("1s")]
    [InlineData("123456789S")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    public void Timeout_InvalidValue_IsRefused(string value) => Assert.False(GrpcTimeout.TryParse(value, out _));

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc; charset=utf-8", true)]
    [InlineData("Application/GRPC", true)]
    [InlineData("application/grpc+json", false)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/grpcx", false)]
    [InlineData("text/html", false)]
    [InlineData(null, false)]
    public void ContentType_Value_IsAcceptedOrNot(string? value, bool expected) =>
        Assert.Equal(expected, GrpcHeaders.IsGrpcContentType(value));
}
