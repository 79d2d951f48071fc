using System.Text;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>
/// A CONNECT client's first bytes come with its request, while its dial runs, or at the moment of the answer: none may be lost,
/// and the moments meet only now and then, so there are thousands.
/// </summary>
public sealed class EarlyBytesTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Workers = 8;

    [Theory]
    [InlineData(FrontendKind.ConnectUnix, 250)]
    [InlineData(FrontendKind.ConnectTls, 40)]
    public async Task Connect_BytesAtAnyMomentOfTheDial_AllArrive(FrontendKind kind, int dials)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var random = SeededRandom.Create(Output.WriteLine);
        var seeds = Enumerable.Range(0, Workers).Select(_ => random.Next()).ToList();

        await Task.WhenAll(seeds.Select(seed => Task.Run(() => DialAsync(fixture, kind, echo.Address, dials, new Random(seed)))));

        await fixture.ShouldBecomeIdleAsync();
        Assert.Equal(Workers * dials, echo.Accepted.Value);
    }

    private static async Task DialAsync(TunnelFixture fixture, FrontendKind kind, string target, int dials, Random random)
    {
        var head = Encoding.ASCII.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        var answer = "HTTP/1.1 200 Connection Established\r\n\r\n"u8.ToArray();
        for (var i = 0; i < dials; i++)
        {
            await using var stream = await fixture.OpenFrontendAsync(kind);
            var sent = new byte[random.Next(1, 512)];
            random.NextBytes(sent);
            var early = random.Next(0, sent.Length + 1);
            switch (random.Next(3))
            {
                case 0:
                    await stream.WriteAsync((byte[])[.. head, .. sent[..early]]).AsTask().DefaultTimeout();
                    break;
                case 1:
                    await stream.WriteAsync(head).AsTask().DefaultTimeout();
                    Thread.SpinWait(random.Next(20_000));
                    await stream.WriteAsync(sent.AsMemory(0, early)).AsTask().DefaultTimeout();
                    break;
                default:
                    early = 0;
                    await stream.WriteAsync(head).AsTask().DefaultTimeout();
                    break;
            }

            var received = new List<byte>();
            await ReadToAsync(stream, received, answer.Length);
            await stream.WriteAsync(sent.AsMemory(early)).AsTask().DefaultTimeout();
            await ReadToAsync(stream, received, answer.Length + sent.Length);
            Assert.Equal([.. answer, .. sent], received);
        }
    }

    /// <summary>In reads as long as can be: the client must be quick to answer.</summary>
    private static async Task ReadToAsync(Stream stream, List<byte> received, int length)
    {
        var buffer = new byte[1024];
        while (received.Count < length)
        {
            var read = await stream.ReadAsync(buffer).AsTask().DefaultTimeout();
            Assert.NotEqual(0, read);
            received.AddRange(buffer.AsSpan(0, read));
        }
    }
}
