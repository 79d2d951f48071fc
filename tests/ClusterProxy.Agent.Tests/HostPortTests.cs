using Xunit.Abstractions;

namespace ClusterProxy.Agent.Tests;

public sealed class HostPortTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("fe80::1%eth0", true)]
    [InlineData("[::1]", false)]
    [InlineData("[::1]:80", false)]
    [InlineData("::1]:80", false)]
    [InlineData("a:80", false)]
    [InlineData("10.0.0.1:80", false)]
    public void Host_HasNoPort_AndNoBrackets(string text, bool isHost) => Assert.Equal(isHost, HostPort.IsHost(text));

    /// <summary>Whatever is taken for a host stays that host when it is written with a port and read again.</summary>
    [Fact]
    public void AnyHost_ComesBackAsItWasWritten()
    {
        var random = SeededRandom.Create(output.WriteLine);
        var hosts = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var (text, port) = (Text(random), random.Next(1, 65_536));
            if (!HostPort.IsHost(text))
            {
                continue;
            }

            hosts++;
            Assert.True(HostPort.TryParse(new HostPort(text, port).ToString(), out var read), text);
            Assert.Equal(new HostPort(text, port), read);
        }

        Assert.True(hosts > 1_000, $"only {hosts} of the texts are hosts");
    }

    /// <summary>A host as people write it, with or without a port, and up to two slips in it.</summary>
    private static string Text(SeededRandom random)
    {
        const string Slips = "[]:.%/*-_ @019afZ";
        var text = ((string[])["a.example", "10.0.0.1", "::1", "fd00::12:3", "fe80::1%eth0", "[::1]", "[fd00::1]:80", "[::]:0", "::ffff:1.2.3.4"])[random.Next(9)];
        for (var slips = random.Next(3); slips > 0; slips--)
        {
            var at = random.Next(text.Length + 1);
            text = text.Insert(at, $"{Slips[random.Next(Slips.Length)]}");
        }

        return text;
    }
}
