using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterProxy.Agent.Tests.Scripted;

/// <summary>An HTTP proxy that answers CONNECT as told and leads every accepted one to the same loopback port.</summary>
internal sealed class ConnectProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly int _destination;
    private readonly string _answer;
    private readonly Task _loop;

    public ConnectProxy(int destination, string answer = "HTTP/1.1 200 OK\r\n\r\n")
    {
        _destination = destination;
        _answer = answer;
        _listener.Start();
        _loop = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public ObservedList<string> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var one = client;
        using var other = new TcpClient();
        try
        {
            var stream = client.GetStream();
            var head = new StringBuilder();
            var b = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(b, _stop.Token) > 0)
            {
                head.Append((char)b[0]);
            }

            Requests.Add(head.ToString());
            await stream.WriteAsync(Encoding.ASCII.GetBytes(_answer), _stop.Token);
            if (!_answer.StartsWith("HTTP/1.1 2", StringComparison.Ordinal))
            {
                return;
            }

            await other.ConnectAsync(IPAddress.Loopback, _destination, _stop.Token);
            await Task.WhenAny(stream.CopyToAsync(other.GetStream(), _stop.Token), other.GetStream().CopyToAsync(stream, _stop.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Either side went away.
        }
    }
}
