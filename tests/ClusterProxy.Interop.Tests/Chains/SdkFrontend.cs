using System.Security.Cryptography;
using ClusterProxy.Client;

namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>The SDK.</summary>
public sealed class SdkFrontend(TunnelClientOptions options) : IFrontend
{
    private readonly TunnelClient _client = new(options);

    public async Task<IFrontendConnection> DialAsync(string address)
    {
        try
        {
            return new Connection(await _client.ConnectAsync(address).DefaultTimeout());
        }
        catch (TunnelConnectException e) when (e.Reason == DialFailureReason.Endpoint)
        {
            throw new DialRefusedException(e.Message);
        }
    }

    public async Task CancelDialAsync(string address, Func<Task> underWay)
    {
        using var cancel = new CancellationTokenSource();
        var dial = _client.ConnectAsync(address, cancel.Token);
        await underWay();
        await cancel.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial.DefaultTimeout());
        Assert.Equal(DialFailureReason.Context, Assert.IsType<TunnelConnectException>(error.InnerException).Reason);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private sealed class Connection(TunnelStream stream) : IFrontendConnection
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] _buffer = new byte[64 * 1024];
        private long _received;

        public async Task<string> SendAsync(int bytes)
        {
            var content = RandomNumberGenerator.GetBytes(bytes);
            await stream.WriteAsync(content).DefaultTimeout();
            return SeededBytes.Sha256(content);
        }

        public async Task<Received> ReceiveAsync(long total)
        {
            var ended = false;
            while (_received < total && !ended)
            {
                var read = await stream.ReadAsync(_buffer).DefaultTimeout();
                _hash.AppendData(_buffer, 0, read);
                _received += read;
                ended = read == 0;
            }

            return new(_received, Convert.ToHexStringLower(_hash.GetCurrentHash()), ended);
        }

        public Task CloseAsync() => stream.CloseAsync().DefaultTimeout();
    }
}
