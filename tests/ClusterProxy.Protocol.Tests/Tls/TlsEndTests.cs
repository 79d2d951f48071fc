using System.Net.Security;
using ClusterProxy.Protocol.Tls;
using Xunit.Abstractions;

namespace ClusterProxy.Protocol.Tests.Tls;

public sealed class TlsEndTests(ITestOutputHelper output) : IDisposable
{
    private const int Length = 400_000;

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Send_WhileBytesCome_LosesNone_AndThePeerSeesTheEnd()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var round = 0; round < 40; round++)
        {
            var sent = new byte[Length];
            random.NextBytes(sent);
            var (near, far) = await TlsPair.ConnectAsync(_certificates).DefaultTimeout();
            await using var nearOwner = near;
            await using var farOwner = far;
            var sending = SendAsync(far, sent, chunk: random.Next(200, 20_000));
            var end = new TlsEnd();
            using var interrupt = new CancellationTokenSource();
            var reading = ReadAsync(near, end, sent.Length, interrupt);
            for (var wait = random.Next(60); wait > 0; wait--)
            {
                await Task.Yield();
            }

            await end.SendAsync(near, interrupt.Cancel).DefaultTimeout();

            Assert.Equal(0, await far.ReadAsync(new byte[1]).DefaultTimeout());
            var received = await reading.DefaultTimeout();
            Assert.True(sent.AsSpan().SequenceEqual(received), $"round {round}");
            await sending.DefaultTimeout();
        }
    }

    private static async Task SendAsync(SslStream stream, byte[] bytes, int chunk)
    {
        for (var rest = bytes.AsMemory(); !rest.IsEmpty; rest = rest[Math.Min(chunk, rest.Length)..])
        {
            await stream.WriteAsync(rest[..Math.Min(chunk, rest.Length)]);
        }
    }

    private static async Task<byte[]> ReadAsync(SslStream stream, TlsEnd end, int length, CancellationTokenSource interrupt)
    {
        var bytes = new byte[length];
        for (var got = 0; got < length;)
        {
            await end.EnterReadAsync();
            try
            {
                var read = await stream.ReadAsync(bytes.AsMemory(got), interrupt.IsCancellationRequested ? CancellationToken.None : interrupt.Token);
                Assert.NotEqual(0, read);
                got += read;
            }
            catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
            {
                // On behalf of the end.
            }
            finally
            {
                end.ExitRead();
            }
        }

        return bytes;
    }
}
