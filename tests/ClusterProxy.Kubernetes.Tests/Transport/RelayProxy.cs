using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Kubernetes.Tests.Transport;

/// <summary>A proxy for one connection: answers its greeting as told, then passes bytes both ways.</summary>
internal sealed class RelayProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private RelayProxy()
    {
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What the client wanted.</summary>
    public string Asked { get; private set; } = "";

    public static Task<RelayProxy> StartAsync(Func<NetworkStream, Task<(string Asked, string Host, int Port)>> greet)
    {
        var proxy = new RelayProxy();
        proxy._listener.Start();
        proxy._running = proxy.RunAsync(greet);
        return Task.FromResult(proxy);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(Func<NetworkStream, Task<(string Asked, string Host, int Port)>> greet)
    {
        try
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            (Asked, var host, var port) = await greet(client.GetStream());
            using var server = new TcpClient();
            await server.ConnectAsync(host, port, _stop.Token);
            await Task.WhenAny(
                client.GetStream().CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The test is over.
        }
    }
}
