using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using ClusterProxy.Protocol.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// The reading side of a CONNECT client. Bytes that come early stay where they are: the buffer of the last read goes from step to
/// step, and only the data phase takes from it.
/// </summary>
internal sealed class ConnectClient
{
    /// <summary>Bytes that a client may send ahead of the 200 and still be watched for its end.</summary>
    private const int MaxEarlyBytes = 64 * 1024;

    private readonly PipeReader _input;
    private readonly SslStream? _tls;
    private readonly TlsEnd? _tlsEnd;
    private ReadOnlySequence<byte> _buffer;
    private bool _reading;
    private bool _completed;
    private Task<bool>? _watch;
    private volatile bool _cancelled;

    /// <param name="transport">The client's connection, decrypted.</param>
    /// <param name="peeked">A read whose buffer was not given back, if there was one.</param>
    public ConnectClient(ConnectionContext transport, ReadResult? peeked)
    {
        _input = transport.Transport.Input;
        _tls = transport.Features.Get<ISslStreamFeature>()?.SslStream;
        _tlsEnd = _tls is null ? null : new TlsEnd();
        if (peeked is { } result)
        {
            Take(result);
        }
    }

    /// <summary>What has come and was not taken.</summary>
    public ReadOnlySequence<byte> Buffer => _buffer;

    /// <summary>Whether the client will send no more.</summary>
    public bool IsCompleted => _completed;

    /// <summary>The request head, if all of it has come; null when more has to be read.</summary>
    public ConnectRequest? TryReadHead()
    {
        var limited = _buffer.Length > ConnectRequestParser.MaxHeadLength
            ? _buffer.Slice(0, ConnectRequestParser.MaxHeadLength)
            : _buffer;
        if (ConnectRequestParser.TryFindEnd(limited, out var end))
        {
            var request = ConnectRequestParser.Parse(_buffer.Slice(0, end));
            _buffer = _buffer.Slice(end);
            return request;
        }

        return limited.Length >= ConnectRequestParser.MaxHeadLength
            ? ConnectRequest.Refused(431, $"the request head is longer than {ConnectRequestParser.MaxHeadLength} bytes")
            : null;
    }

    /// <summary>Reads the request head; null when the client went away inside it.</summary>
    public async Task<ConnectRequest?> ReadHeadAsync(CancellationToken deadline)
    {
        while (await ReadMoreAsync(deadline))
        {
            if (TryReadHead() is { } request)
            {
                return request;
            }
        }

        return null;
    }

    /// <summary>
    /// Watches the client until its dial has ended; true when it went away before. The read that watches stays where it is and
    /// becomes the first of the data phase: to cancel it would cost each dial an exception.
    /// </summary>
    public async Task<bool> EndsBeforeAsync(Task dial)
    {
        try
        {
            while (!_completed)
            {
                if (_buffer.Length >= MaxEarlyBytes)
                {
                    await dial.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return false;
                }

                _watch ??= ReadMoreAsync(CancellationToken.None).AsTask();
                await Task.WhenAny(_watch, dial);
                if (!_watch.IsCompleted && _buffer.IsEmpty)
                {
                    return false;
                }

                if (!_watch.IsCompleted)
                {
                    // What came early must not wait for what comes next.
                    _input.CancelPendingRead();
                }

                var watch = _watch;
                _watch = null;
                await watch;
                if (dial.IsCompleted)
                {
                    return false;
                }
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            return true;
        }

        return true;
    }

    /// <summary>Makes a read in progress return, with nothing more.</summary>
    public void CancelRead()
    {
        _cancelled = true;
        _input.CancelPendingRead();
    }

    /// <summary>
    /// Gives back what was taken and waits for more; false at the end, and after <see cref="CancelRead"/>.
    /// </summary>
    public async ValueTask<bool> ReadMoreAsync(CancellationToken cancellationToken) =>
        MayRead && EndRead(await BeginRead(cancellationToken));

    /// <summary>Whether there may be more, which is what <see cref="BeginRead"/> is for.</summary>
    public bool MayRead => !_completed && !_cancelled;

    /// <summary>
    /// As <see cref="ReadMoreAsync"/>, of which the result must be shown to <see cref="EndRead"/>: one that waits has no state machine.
    /// </summary>
    public ValueTask<ReadResult> BeginRead(CancellationToken cancellationToken)
    {
        if (_reading)
        {
            _reading = false;
            _input.AdvanceTo(_buffer.Start, _buffer.End);
        }

        return _tlsEnd is null ? _input.ReadAsync(cancellationToken) : ReadTlsAsync(_tlsEnd, cancellationToken);
    }

    public bool EndRead(in ReadResult result)
    {
        Take(result);
        return !_cancelled && (!result.IsCompleted || !result.Buffer.IsEmpty);
    }

    /// <summary>Over TLS, tells the client that nothing more comes: by FIN alone it would take the end for a cut.</summary>
    public Task SendTlsEndAsync() => _tlsEnd?.SendAsync(_tls!, _input.CancelPendingRead) ?? Task.CompletedTask;

    /// <summary>
    /// Waits for the read of the watch, if it still stands: until it has ended, <see cref="Buffer"/> is its own. False at the end,
    /// and after <see cref="CancelRead"/>.
    /// </summary>
    public async ValueTask<bool> FinishWatchAsync()
    {
        if (_watch is not { } watch)
        {
            return true;
        }

        _watch = null;
        return await watch;
    }

    /// <summary>Ends the watch, if it still stands: a read must not outlive its connection.</summary>
    public async Task StopWatchingAsync()
    {
        if (_watch is { } watch)
        {
            _watch = null;
            _input.CancelPendingRead();
            await ((Task)watch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Everything in <see cref="Buffer"/> has been used.</summary>
    public void TakeAll() => _buffer = _buffer.Slice(_buffer.End);

    private async ValueTask<ReadResult> ReadTlsAsync(TlsEnd end, CancellationToken cancellationToken)
    {
        await end.EnterReadAsync();
        try
        {
            return await _input.ReadAsync(cancellationToken);
        }
        finally
        {
            end.ExitRead();
        }
    }

    private void Take(in ReadResult result)
    {
        _buffer = result.Buffer;
        _completed = result.IsCompleted;
        _reading = true;
    }
}
