using System.Buffers.Text;
using System.Text;
using ClusterProxy.Server.Agents.Tokens;
using Xunit.Abstractions;

namespace ClusterProxy.Server.Tests.Agents.Tokens;

public sealed class TokenEndTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("""{"exp":1767225600,"iss":"x"}""", 1767225600L)]
    [InlineData("""{"iss":"x"}""", null)]
    [InlineData("""{"exp":"1767225600"}""", null)]
    [InlineData("""{"exp":1.5}""", null)]
    [InlineData("""{"exp":-1}""", null)]
    [InlineData("""{"exp":99999999999999999}""", null)]
    [InlineData("[1]", null)]
    [InlineData("no json", null)]
    public void End_IsTheClaim(string claims, long? end) => Assert.Equal(
        end is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
        TokenEnd.Of($"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.sig"));

    [Fact]
    public void AnyText_IsReadOrNone()
    {
        var random = SeededRandom.Create(output.WriteLine);
        const string Characters = "ey.J{}\":exp0123456789-_=+/ \u00e4";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => Characters[random.Next(Characters.Length)])]);
            TokenEnd.Of(text);
            TokenEnd.Of($"a.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text))}.b");
        }
    }
}
