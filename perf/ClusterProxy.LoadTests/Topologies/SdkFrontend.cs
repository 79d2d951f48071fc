using ClusterProxy.Client;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>Our SDK in gRPC mode; one client for all connections, as a program uses it.</summary>
internal sealed class SdkFrontend : IAsyncDisposable
{
    private readonly TunnelClient _client;

    public SdkFrontend(Rig rig, ProxyPair pair, bool tls)
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri(tls ? $"https://127.0.0.1:{pair.FrontendPort}" : $"unix://{pair.UnixSocket}"),
        };
        if (tls)
        {
            options.ClientCertificates.Add(rig.ClientCertificate.Certificate);
            options.ServerAuthorities.Add(rig.Certificates.Authority.Certificate);
        }

        _client = new TunnelClient(options);
    }

    public async Task<Stream> ConnectAsync(string target, CancellationToken cancellationToken) =>
        await _client.ConnectAsync(target, cancellationToken);

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
