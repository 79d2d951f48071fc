using System.Security.Cryptography;
using ClusterProxy.Cli.Demo.Apis;

namespace ClusterProxy.Cli.Tests.Demo;

public sealed class SeededContentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(SeededContent.ChunkSize)]
    [InlineData((2 * SeededContent.ChunkSize) + 3)]
    public void Hash_OfALength_IsThatOfTheBytes(int length)
    {
        var bytes = new byte[length];
        new SeededContent(7).Fill(bytes);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), SeededContent.Hash(7, length, CancellationToken.None));
    }

    [Fact]
    public void Fill_TwoSeeds_Differ()
    {
        var one = new byte[64];
        var other = new byte[64];
        new SeededContent(1).Fill(one);
        new SeededContent(2).Fill(other);

        Assert.NotEqual(one, other);
    }
}
