using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>
/// The request that asks for nothing: a frontend's call that ends before its dial, or a GET where CONNECT is spoken. It opens no
/// connection and registers nobody, and shows by its answer what the port is for. An agent's own call would register an agent.
/// </summary>
internal sealed class PortRequest(TimeProvider time)
{
    private const int MaxText = 200;

    public async Task<PortAnswer> SendAsync(PortTarget target, Stream stream, CancellationToken cancellationToken)
    {
        var isGrpc = stream is SslStream { NegotiatedApplicationProtocol: { Protocol.Length: > 0 } negotiated }
            ? negotiated == SslApplicationProtocol.Http2
            : !target.OnlyHttp11;
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            // TLS is done, or not wanted; the handler only speaks HTTP.
            ConnectCallback = (_, _) => ValueTask.FromResult(stream),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        });
        using var request = isGrpc ? GrpcCall() : new HttpRequestMessage(HttpMethod.Get, $"http://localhost{target.Path ?? "/"}");
        var asked = time.GetUtcNow();
        var started = time.GetTimestamp();
        using var response = await http.SendAsync(request, cancellationToken);
        var clock = ClockReading.Of(response.Headers.Date, asked, time.GetElapsedTime(started));

        // Trailers are there once the body is.
        var body = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        var status = Header(response.Headers, GrpcHeaders.Status) ?? Header(response.TrailingHeaders, GrpcHeaders.Status);
        var message = Header(response.Headers, GrpcHeaders.Message) ?? Header(response.TrailingHeaders, GrpcHeaders.Message);
        var text = message is null ? body : GrpcMessageText.Decode(message);
        return new PortAnswer(
            (int)response.StatusCode,
            isGrpc && GrpcHeaders.IsGrpcContentType(response.Content.Headers.ContentType?.ToString()),
            int.TryParse(status, out var code) ? code : null,
            PeerText.Bound(text.Length > MaxText ? text[..MaxText] : text),
            Header(response.Headers, TunnelHeaders.Features),
            clock);
    }

    private static HttpRequestMessage GrpcCall()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost{TunnelHeaders.ProxyMethod}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue(GrpcHeaders.Trailers));
        request.Headers.TryAddWithoutValidation(TunnelHeaders.Features, TunnelFeatures.Format(TunnelFeatures.Frontend));
        return request;
    }

    private static string? Header(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
