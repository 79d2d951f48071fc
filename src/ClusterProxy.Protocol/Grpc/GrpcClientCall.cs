using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;

namespace ClusterProxy.Protocol.Grpc;

/// <summary>One duplex call over <see cref="SocketsHttpHandler"/>: request headers at once, then bytes both ways.</summary>
/// <remarks>
/// The response headers may come as late as the first packet: upstream's server sends none before it on the frontend
/// method. So the call can write as soon as its stream is open, and <see cref="ResponseHeadersAsync"/> is awaited apart.
/// </remarks>
internal sealed class GrpcClientCall : IAsyncDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly DuplexContent _content;
    private readonly HttpRequestMessage _request;
    private readonly Task<HttpResponseMessage> _response;
    private PipeReader? _input;
    private int _disposed;

    private GrpcClientCall(HttpMessageInvoker http, Uri address, string method, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        _content = new DuplexContent();
        _request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = _content,
        };
        _content.Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);
        _request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue(GrpcHeaders.Trailers));
        foreach (var (name, value) in metadata)
        {
            _request.Headers.TryAddWithoutValidation(name, value);
        }

        _response = http.SendAsync(_request, _cancel.Token);
    }

    /// <summary>The request body.</summary>
    public PipeWriter Output { get; private set; } = null!;

    /// <summary>Opens the stream. It returns when bytes can be written, which needs no answer of the server.</summary>
    /// <param name="http">Owns the connection.</param>
    /// <param name="address">Scheme and authority; https only if the handler does TLS itself.</param>
    /// <param name="method">The path, such as <c>/ProxyService/Proxy</c>.</param>
    /// <param name="metadata">Request headers.</param>
    /// <param name="cancellationToken">Ends the opening; afterwards the call lives until it is disposed.</param>
    /// <exception cref="GrpcException">The connection or the stream could not be opened.</exception>
    public static async Task<GrpcClientCall> StartAsync(
        HttpMessageInvoker http, Uri address, string method, IEnumerable<KeyValuePair<string, string>> metadata,
        CancellationToken cancellationToken)
    {
        var call = new GrpcClientCall(http, address, method, metadata);
        try
        {
            var opened = call._content.Opened;
            if (await Task.WhenAny(opened, call._response).WaitAsync(cancellationToken).ConfigureAwait(false) != opened)
            {
                // A refusal is thrown here as what it is. A server that takes the call may have answered the request headers
                // before this side has seen its own stream open; then the stream is at hand.
                await call.ResponseHeadersAsync(cancellationToken).ConfigureAwait(false);
                if (await Task.WhenAny(opened, call._content.Failed).WaitAsync(cancellationToken).ConfigureAwait(false) != opened)
                {
                    throw new GrpcException(GrpcStatusCode.Internal, "the server ended the call before the request stream was open");
                }
            }

            // One segment holds a whole packet, so that one write to the stream carries it.
            call.Output = PipeWriter.Create(
                await opened.ConfigureAwait(false), new StreamPipeWriterOptions(minimumBufferSize: 80 * 1024, leaveOpen: true));
            return call;
        }
        catch (Exception e)
        {
            await call.DisposeAsync().ConfigureAwait(false);
            if (e is GrpcException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
            {
                throw;
            }

            throw new GrpcException(GrpcErrorCodes.FromException(e), e);
        }
    }

    /// <summary>Waits for the response headers.</summary>
    /// <exception cref="GrpcException">The server refused the call, with its status, or does not speak gRPC.</exception>
    public async Task<HttpResponseHeaders> ResponseHeadersAsync(CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await _response.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new GrpcException(GrpcErrorCodes.FromException(e), e);
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new GrpcException(
                GrpcErrorCodes.FromHttpStatus(response.StatusCode),
                $"unexpected HTTP status {(int)response.StatusCode} where 200 was expected");
        }

        if (!GrpcHeaders.IsGrpcContentType(response.Content.Headers.ContentType?.ToString()))
        {
            throw new GrpcException(
                GrpcStatusCode.Unknown,
                $"the server answered with content type \"{response.Content.Headers.ContentType}\"; is it a gRPC port?");
        }

        if (ReadStatus(response.Headers) is { } status && status.Code != GrpcStatusCode.OK)
        {
            throw new GrpcException(status);
        }

        return response.Headers;
    }

    /// <summary>The response body; waits for the response headers.</summary>
    /// <exception cref="GrpcException">As <see cref="ResponseHeadersAsync"/>.</exception>
    public async Task<PipeReader> InputAsync(CancellationToken cancellationToken)
    {
        if (_input is null)
        {
            await ResponseHeadersAsync(cancellationToken).ConfigureAwait(false);
            var response = await _response.ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            _input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, minimumReadSize: 4096, useZeroByteReads: true));
        }

        return _input;
    }

    /// <summary>How the call ended, once <see cref="InputAsync"/>'s reader has reported its end.</summary>
    public GrpcStatus Status()
    {
        if (!_response.IsCompletedSuccessfully)
        {
            return new(GrpcStatusCode.Unavailable, "the call has no response");
        }

        var response = _response.Result;
        return ReadStatus(response.TrailingHeaders) ?? ReadStatus(response.Headers)
            ?? new GrpcStatus(GrpcStatusCode.Internal, "the server ended the stream without a grpc-status");
    }

    /// <summary>Ends the sending direction: END_STREAM.</summary>
    public async ValueTask CompleteOutputAsync()
    {
        await Output.CompleteAsync().ConfigureAwait(false);
        _content.Close();
    }

    /// <summary>Resets the stream unless both directions have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _cancel.CancelAsync().ConfigureAwait(false);
        _content.Close();
        await ((Task)_response).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_response.IsCompletedSuccessfully)
        {
            _response.Result.Dispose();
        }

        _request.Dispose();
        _cancel.Dispose();
    }

    private static GrpcStatus? ReadStatus(HttpHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(GrpcHeaders.Status, out var codes))
        {
            return null;
        }

        var message = headers.NonValidated.TryGetValues(GrpcHeaders.Message, out var texts) ? GrpcMessageText.Decode(texts.ToString()) : "";
        return int.TryParse(codes.ToString(), out var code) && Enum.IsDefined((GrpcStatusCode)code)
            ? new GrpcStatus((GrpcStatusCode)code, message)
            : new GrpcStatus(GrpcStatusCode.Unknown, $"the server sent grpc-status \"{codes}\", which is no status");
    }
}
