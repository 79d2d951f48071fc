using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>
/// A cluster that speaks HTTP/1.1 by hand and records every byte of every request. What it answers is <see cref="Answer"/>'s; after a 101
/// it echoes.
/// </summary>
internal sealed class RawCluster : IAsyncDisposable
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2 _certificate;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public RawCluster(TestCertificates certificates, params string[] names)
    {
        _certificate = certificates.Server(names).Certificate;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public ObservedList<RawRequest> Requests { get; } = new();

    /// <summary>Null for a request that is never answered.</summary>
    public Func<RawRequest, string?> Answer { get; set; } = static _ => Ok;

    /// <summary>Requests are not kept, only shown to <see cref="Answer"/>: for millions of them.</summary>
    public bool Forgets { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.DefaultTimeout();
        await Task.WhenAll(_connections).DefaultTimeout();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                _connections.Add(ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = _certificate, ApplicationProtocols = [SslApplicationProtocol.Http11] },
                _stop.Token);
            var reader = new RawRequestReader(tls);
            while (await reader.ReadAsync(_stop.Token) is { } request)
            {
                if (!Forgets)
                {
                    Requests.Add(request);
                }

                if (Answer(request) is not { } answer)
                {
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                    return;
                }

                await tls.WriteAsync(Encoding.Latin1.GetBytes(answer), _stop.Token);
                if (answer.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
                {
                    await EchoAsync(tls, reader.Rest());
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or System.Security.Authentication.AuthenticationException)
        {
            // The gateway closed, or the test ended.
        }
    }

    private async Task EchoAsync(SslStream tls, byte[] first)
    {
        await tls.WriteAsync(first, _stop.Token);
        var buffer = new byte[4096];
        int read;
        while ((read = await tls.ReadAsync(buffer, _stop.Token)) > 0)
        {
            await tls.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }
}
