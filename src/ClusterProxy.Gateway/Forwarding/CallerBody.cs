using System.Buffers;
using System.IO.Pipelines;
using ClusterProxy.Hosting.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// The caller's body on its way to a cluster. When the connection to the cluster breaks, the server has to read the rest of the body itself
/// before the caller's next request. Two cannot read at a time, so <see cref="EndAsync"/> lets the first one leave; and a read that ends by
/// its token leaves Kestrel's reader in a state that no other read gets over, so here a token ends the wait alone.
/// </summary>
internal sealed class CallerBody : AsyncReadStream
{
    private readonly PipeReader _reader;
    private readonly Lock _gate = new();
    private bool _isRead;
    private TaskCompletionSource? _end;
    private volatile bool _hasFailed;
    private bool _isCut;

    private CallerBody(HttpRequest request)
    {
        _reader = request.BodyReader;
        request.Body = this;
    }

    /// <summary>Puts itself in the place of the request's body; null when it has none.</summary>
    public static CallerBody? Of(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true ? new CallerBody(context.Request) : null;

    /// <summary>Whether the caller broke it off, or sent what is none.</summary>
    public bool HasFailed => _hasFailed;

    /// <summary>Whether more of it is waited for, or was when the wait was ended: then it is the caller who stands still.</summary>
    public bool IsAwaited
    {
        get
        {
            lock (_gate)
            {
                return _isRead || _isCut;
            }
        }
    }

    /// <summary>
    /// What ended the request, of what the platform says. A connection that breaks ends the copy of the body, too, and then that may come
    /// first, or as no more than that some of the body is missing.
    /// </summary>
    public Exception? CauseOf(Exception? said) => said switch
    {
        _ when HasFailed => said,
        AggregateException { InnerExceptions: [OperationCanceledException, var ofTheRequest, ..] } => ofTheRequest,
        HttpRequestException { HttpRequestError: HttpRequestError.Unknown, InnerException: null } =>
            new HttpRequestException(HttpRequestError.ResponseEnded, "it ended while the request's body was sent"),
        _ => said,
    };

    /// <param name="buffer">For what has come; an empty one waits for something to come.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                throw new OperationCanceledException("the request has got its answer");
            }

            _isRead = true;
        }

        try
        {
            using var stop = cancellationToken.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), _reader);
            return await TakeAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _hasFailed = true;
            throw;
        }
        finally
        {
            lock (_gate)
            {
                _isRead = false;
                _end?.TrySetResult();
            }
        }
    }

    /// <summary>Returns when nobody reads it any more.</summary>
    public Task EndAsync()
    {
        lock (_gate)
        {
            _end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isRead)
            {
                return Task.CompletedTask;
            }
        }

        _reader.CancelPendingRead();
        return _end.Task;
    }

    private async ValueTask<int> TakeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _reader.ReadAsync(CancellationToken.None);
            var taken = read.IsCanceled ? read.Buffer.Slice(0, 0) : read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
            taken.CopyTo(buffer.Span);
            _reader.AdvanceTo(taken.End);
            if (read.IsCanceled)
            {
                lock (_gate)
                {
                    _isCut = true;
                }

                throw new OperationCanceledException(cancellationToken);
            }

            if (!read.Buffer.IsEmpty || read.IsCompleted)
            {
                return (int)taken.Length;
            }
        }
    }
}
