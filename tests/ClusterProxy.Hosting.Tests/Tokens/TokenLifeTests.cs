using ClusterProxy.Hosting.Tokens;
using Xunit.Abstractions;

namespace ClusterProxy.Hosting.Tests.Tokens;

public sealed class TokenLifeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("""{"exp":1767225600,"iss":"x"}""", 1767225600L)]
    [InlineData("""{"iss":"x"}""", null)]
    [InlineData("""{"exp":"1767225600"}""", null)]
    [InlineData("""{"exp":1.5}""", null)]
    [InlineData("""{"exp":-1}""", null)]
    [InlineData("""{"exp":99999999999999999}""", null)]
    [InlineData("""{"\ud800":1}""", null)]
    [InlineData("[1]", null)]
    [InlineData("no json", null)]
    public void End_IsTheClaim(string claims, long? end) => Assert.Equal(
        end is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
        TokenLife.Of(WebToken.Of(claims))?.End);

    [Theory]
    [InlineData("""{"exp":1767225600,"nbf":1767222000,"iat":1}""", 1767222000L)]
    [InlineData("""{"exp":1767225600,"iat":1767222000}""", 1767222000L)]
    [InlineData("""{"exp":1767225600}""", null)]
    public void Start_IsTheOneOfTheClaimsThatIsThere(string claims, long? start) => Assert.Equal(
        start is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.MinValue,
        TokenLife.Of(WebToken.Of(claims))!.Value.Start);

    [Fact]
    public void AnyText_IsReadOrNone()
    {
        var random = SeededRandom.Create(output.WriteLine);
        const string Characters = "ey.J{}\":exp0123456789-_=+/ \u00e4";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => Characters[random.Next(Characters.Length)])]);
            TokenLife.Of(text);
            TokenLife.Of(WebToken.Of(text));
        }
    }
}
