using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>An HTTP-CONNECT frontend on a bare socket that leaves every byte to the test.</summary>
internal sealed class ScriptedConnectServer : IAsyncDisposable
{
    public const string Established = "HTTP/1.1 200 Connection Established\r\n\r\n";

    private readonly Socket _listener;
    private readonly TestCertificate? _certificate;
    private readonly List<Stream> _accepted = [];

    public ScriptedConnectServer(TestCertificate? certificate = null, string? unixSocket = null)
    {
        _certificate = certificate;
        _listener = unixSocket is null
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(unixSocket is null ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint(unixSocket));
        _listener.Listen(128);
        Address = unixSocket is not null
            ? new Uri($"unix://{unixSocket}")
            : new Uri($"{(certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");
    }

    public Uri Address { get; }

    public TunnelClient Client(Action<TunnelClientOptions>? configure = null)
    {
        var options = new TunnelClientOptions { Address = Address, Transport = TunnelTransport.HttpConnect };
        configure?.Invoke(options);
        return new TunnelClient(options);
    }

    /// <summary>The next connection and its request head, up to and with the empty line.</summary>
    public async Task<(Stream Stream, string Head)> AcceptAsync()
    {
        Stream stream = new NetworkStream(await _listener.AcceptAsync().DefaultTimeout(), ownsSocket: true);
        if (_certificate is not null)
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(_certificate.Certificate).DefaultTimeout();
            stream = tls;
        }

        _accepted.Add(stream);
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one).DefaultTimeout();
            head.Append((char)one[0]);
        }

        return (stream, head.ToString());
    }

    public async Task<(TunnelStream Stream, Stream Peer)> ConnectAsync(TunnelClient client, string answer = Established)
    {
        var dial = client.ConnectAsync("node1:443");
        var (peer, _) = await AcceptAsync();
        await peer.WriteAsync(Encoding.UTF8.GetBytes(answer));
        return (await dial.DefaultTimeout(), peer);
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _accepted.ForEach(s => s.Dispose());
        return ValueTask.CompletedTask;
    }
}
