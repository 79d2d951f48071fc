using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Testing.Certificates;

namespace ClusterProxy.Testing.Upstream;

/// <summary>A frontend as upstream's client library: a stream, and here an HTTP/2 connection, for each dial.</summary>
/// <param name="port">The server's frontend port.</param>
/// <param name="plane">Whose certificates both sides have.</param>
public sealed class UpstreamLikeFrontend(int port, TestCertificates plane) : IAsyncDisposable
{
    private readonly UpstreamWire _wire = new();
    private readonly TestCertificate _certificate = plane.Client("frontend");

    /// <exception cref="IOException">The answer was an error, or none.</exception>
    public async Task<Stream> ConnectAsync(string address)
    {
        var call = await UpstreamCall.OpenAsync(port, plane, _certificate, TunnelHeaders.ProxyMethod, _wire);
        try
        {
            var random = Random.Shared.NextInt64(1, long.MaxValue);
            await call.Stream.SendAsync(
                new() { Type = PacketType.DialReq, DialRequest = new() { Protocol = "tcp", Address = address, Random = random } },
                CancellationToken.None).DefaultTimeout();
            var answer = await call.Stream.ReceiveAsync(CancellationToken.None).DefaultTimeout();
            return answer is { Type: PacketType.DialRsp, DialResponse: { Error: "" } response } && response.Random == random
                ? new UpstreamLikeConnection(call, response.ConnectID)
                : throw new IOException($"dialing {address} was answered by {answer}");
        }
        catch
        {
            await call.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _wire.Verify();
        return ValueTask.CompletedTask;
    }
}
