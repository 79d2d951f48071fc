using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Testing.Certificates;

namespace ClusterProxy.Testing.Upstream;

/// <summary>Connects an upstream-like agent or frontend: one HTTP/2 connection over mutual TLS.</summary>
internal sealed class UpstreamCall : IAsyncDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly GrpcClientCall _call;

    private UpstreamCall(HttpMessageInvoker http, GrpcClientCall call, UpstreamWire wire)
    {
        _http = http;
        _call = call;
        Stream = new UpstreamStream(call.InputAsync, call.Output, wire);
    }

    public UpstreamStream Stream { get; }

    public static async Task<UpstreamCall> OpenAsync(
        int port, TestCertificates plane, TestCertificate certificate, string method, UpstreamWire wire, params KeyValuePair<string, string>[] metadata)
    {
        var http = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = async (_, _) => await ConnectAsync(port, plane, certificate) });
        var call = await GrpcClientCall.StartAsync(http, new Uri("http://localhost"), method, metadata, CancellationToken.None).DefaultTimeout();
        return new UpstreamCall(http, call, wire);
    }

    public Task EndOutputAsync() => _call.CompleteOutputAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _call.DisposeAsync();
        Stream.Dispose();
        _http.Dispose();
    }

    private static async Task<Stream> ConnectAsync(int port, TestCertificates plane, TestCertificate client)
    {
        var tls = new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = plane.Authority.ToBundle,
                KeyPair = () => KeyPairFile.Load("cert", client.CertificateFile, "key", client.KeyFile),
            },
            TimeProvider.System);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).DefaultTimeout();
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(tls.Begin("localhost").Options).DefaultTimeout();
        return stream;
    }
}
