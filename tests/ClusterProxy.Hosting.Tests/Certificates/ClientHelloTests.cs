using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Hosting.Certificates;
using Xunit.Abstractions;

namespace ClusterProxy.Hosting.Tests.Certificates;

public sealed class ClientHelloTests(ITestOutputHelper output)
{
    private static readonly SslApplicationProtocol Own = new("own/1");

    [Fact]
    public async Task Protocols_OfARealHandshake_AreRead_AndStayForTheNextReader()
    {
        var hello = await CaptureAsync(SslApplicationProtocol.Http2, Own);
        var pipe = new Pipe();
        var peeking = ClientHello.PeekProtocolsAsync(pipe.Reader, CancellationToken.None).AsTask();
        foreach (var piece in hello.Chunk(100))
        {
            Assert.False(peeking.IsCompleted);
            await pipe.Writer.WriteAsync(piece);
        }

        Assert.Equal([SslApplicationProtocol.Http2, Own], await peeking.DefaultTimeout());
        Assert.Equal(hello, (await pipe.Reader.ReadAsync()).Buffer.ToArray());
    }

    [Fact]
    public async Task Protocols_OfAHandshakeWithoutAny_AreNone()
    {
        Assert.True(ClientHello.TryReadProtocols(new(await CaptureAsync()), out var protocols));
        Assert.Empty(protocols);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0017\u0003\u0003")]
    [InlineData("\u0016\u0003\u0001\u007f\u007f")]
    public void WhatIsNoClientHello_IsLeftToWhoeverReadsNext(string text)
    {
        Assert.True(ClientHello.TryReadProtocols(new(System.Text.Encoding.ASCII.GetBytes(text)), out var protocols));
        Assert.Empty(protocols);
    }

    [Fact]
    public async Task End_BeforeTheClientHello_IsNone()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[] { 22, 3 });
        await pipe.Writer.CompleteAsync();

        Assert.Empty(await ClientHello.PeekProtocolsAsync(pipe.Reader, CancellationToken.None));
    }

    /// <summary>Any byte may be wrong, and any number of them: nothing fails, and nothing is found that is not there.</summary>
    [Fact]
    public async Task AnyBytes_AreRead()
    {
        var random = SeededRandom.Create(output.WriteLine);
        var hello = await CaptureAsync(SslApplicationProtocol.Http2, Own);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = (byte[])hello.Clone();
            for (var wrong = random.Next(4); wrong >= 0; wrong--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var length = random.Next(2) == 0 ? bytes.Length : random.Next(bytes.Length);
            var isEnough = ClientHello.TryReadProtocols(new(bytes.AsMemory(0, length)), out var protocols);

            Assert.All(protocols, p => Assert.InRange(p.Protocol.Length, 1, 255));
            Assert.True(isEnough || protocols.Count == 0);
        }
    }

    /// <summary>What a client sends first.</summary>
    private static async Task<byte[]> CaptureAsync(params SslApplicationProtocol[] protocols)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint).DefaultTimeout();
        using var server = await listener.AcceptTcpClientAsync().DefaultTimeout();
        await using var tls = new SslStream(client.GetStream());
        var handshake = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "server.example",
            ApplicationProtocols = [.. protocols],
        });
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (bytes.Count < 5 || bytes.Count < 5 + (bytes[3] << 8) + bytes[4])
        {
            bytes.AddRange(buffer[..await server.GetStream().ReadAsync(buffer).DefaultTimeout()]);
        }

        server.Close();
        await Assert.ThrowsAnyAsync<IOException>(() => handshake.DefaultTimeout());
        return [.. bytes];
    }
}
