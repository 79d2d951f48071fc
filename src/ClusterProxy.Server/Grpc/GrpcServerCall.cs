using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Server.Grpc;

/// <summary>The server's side of one duplex call: Kestrel's HTTP/2 bodies, with gRPC's headers and trailers around them.</summary>
internal sealed class GrpcServerCall : IDisposable
{
    /// <summary>A deadline beyond this is none: no tunnel lives on for weeks, and timers end there.</summary>
    private static readonly TimeSpan LongestDeadline = TimeSpan.FromDays(30);

    private readonly HttpContext _http;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource _ended;

    /// <param name="http">A request that passed <see cref="GrpcRequestCheck"/>.</param>
    /// <param name="timeout">Of <c>grpc-timeout</c>, if it was given.</param>
    /// <param name="time">Clock of the deadline.</param>
    public GrpcServerCall(HttpContext http, TimeSpan? timeout, TimeProvider time)
    {
        _http = http;
        _deadline = timeout < LongestDeadline ? new CancellationTokenSource(timeout.Value, time) : null;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _deadline?.Token ?? CancellationToken.None);
    }

    public IHeaderDictionary Metadata => _http.Request.Headers;

    public PipeReader Input => _http.Request.BodyReader;

    public PipeWriter Output => _http.Response.BodyWriter;

    /// <summary>Fires when the client reset the stream, its connection broke, or the deadline passed.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Whether it was the deadline that ended the call.</summary>
    public bool DeadlinePassed => _deadline is { IsCancellationRequested: true };

    /// <summary>Whether the client has been sent anything.</summary>
    public bool HasStarted => _http.Response.HasStarted;

    /// <summary>Address of the client; "unix" for a Unix socket.</summary>
    public string Peer => _http.Connection.RemoteIpAddress is { } address ? $"{address}:{_http.Connection.RemotePort}" : "unix";

    /// <summary>What the client showed in its handshake; belongs to the connection.</summary>
    public X509Certificate2? ClientCertificate => _http.Connection.ClientCertificate;

    /// <summary>Who the frontend policy knows the client as; null when there is none.</summary>
    public FrontendSubject? Subject => _http.Features.Get<FrontendSubject>();

    /// <summary>Who was let in on the agent's connection; null where agents show no token.</summary>
    public TokenConnection? TokenConnection => _http.Features.Get<TokenConnection>();

    /// <summary>The agent's calls on its connection; null where no agents come.</summary>
    public ConnectionCalls? Calls => _http.Features.Get<ConnectionCalls>();

    /// <summary>What the client may have of connections; null for as many as it likes.</summary>
    public FrontendShare? Share => _http.Features.Get<FrontendShare>();

    /// <summary>Sends the response headers now: upstream's agent blocks on them before it counts itself connected.</summary>
    public async Task StartAsync(params (string Name, string Value)[] metadata)
    {
        _http.Response.ContentType = GrpcHeaders.ContentType;
        foreach (var (name, value) in metadata)
        {
            _http.Response.Headers[name] = value;
        }

        await _http.Response.StartAsync(Ended);
        await _http.Response.BodyWriter.FlushAsync(Ended);
    }

    /// <summary>For a call that is started and the only one of its connection. False where the framework does not let it.</summary>
    public bool ShrinkHeaderBuffer() => HeaderBuffer.Shrink(_http);

    /// <summary>Ends the call with a status: as trailers, or as headers alone when nothing was sent before.</summary>
    public void End(GrpcStatus status)
    {
        if (_http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        if (_http.Response.HasStarted)
        {
            _http.Response.AppendTrailer(GrpcHeaders.Status, ((int)status.Code).ToString());
            if (status.Message.Length > 0)
            {
                _http.Response.AppendTrailer(GrpcHeaders.Message, GrpcMessageText.Encode(status.Message));
            }
        }
        else
        {
            WriteTrailersOnly(_http.Response, status);
        }
    }

    /// <summary>Resets the stream: for a client that does not read, to which trailers would not get through.</summary>
    /// <param name="http2ErrorCode">RFC 9113, section 7.</param>
    public void Reset(int http2ErrorCode)
    {
        if (_http.Features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(http2ErrorCode);
        }
        else
        {
            _http.Abort();
        }
    }

    public void Dispose()
    {
        _ended.Dispose();
        _deadline?.Dispose();
    }

    internal static void WriteTrailersOnly(HttpResponse response, GrpcStatus status)
    {
        response.ContentType = GrpcHeaders.ContentType;
        response.Headers[GrpcHeaders.Status] = ((int)status.Code).ToString();
        if (status.Message.Length > 0)
        {
            response.Headers[GrpcHeaders.Message] = GrpcMessageText.Encode(status.Message);
        }
    }
}
