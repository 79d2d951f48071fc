using System.Text;
using ClusterProxy.Client.HttpConnect;
using Xunit.Abstractions;

namespace ClusterProxy.Client.Tests.HttpConnect;

public sealed class ConnectResponseTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Read_SplitAtEveryByte_SaysTheSame()
    {
        var bytes = Encoding.ASCII.GetBytes("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops");
        for (var split = 1; split < bytes.Length; split++)
        {
            using var stream = new FaultyStream(new MemoryStream(bytes), new StreamFaults { SplitAt = [split] });

            var response = await ConnectResponse.ReadAsync(stream, CancellationToken.None).DefaultTimeout();

            Assert.Equal((502, "502 Bad Gateway", 4L), (response.Status, response.StatusLine, response.ContentLength));
            Assert.Equal("oops", await response.ReadErrorTextAsync(stream, CancellationToken.None).DefaultTimeout());
        }
    }

    [Fact]
    public async Task Read_Garbage_FailsCleanly()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = random.NextBytes(random.Next(0, 200));
            if (random.Next(2) == 0)
            {
                bytes = [.. "HTTP/1."u8, .. bytes, .. "\r\n\r\n"u8];
            }

            using var stream = new MemoryStream(bytes);
            try
            {
                var response = await ConnectResponse.ReadAsync(stream, CancellationToken.None);
                Assert.InRange(response.Status, 100, 599);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                Assert.NotEqual("", e.Message);
            }
        }
    }
}
