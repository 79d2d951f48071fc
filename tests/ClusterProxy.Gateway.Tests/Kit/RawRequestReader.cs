using System.Globalization;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>Splits a stream into requests as strictly as a server can.</summary>
internal sealed class RawRequestReader(Stream stream)
{
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Null at the end.</summary>
    public async Task<RawRequest?> ReadAsync(CancellationToken cancellationToken)
    {
        int end;
        while ((end = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync(cancellationToken))
            {
                return _start == _end ? null : new RawRequest("broken " + Encoding.Latin1.GetString(_buffer, _start, _end - _start), [], "");
            }
        }

        var lines = Encoding.Latin1.GetString(_buffer, _start, end).Split("\r\n");
        _start += end + 4;
        var headers = lines.Skip(1)
            .Select(static l => l.Split(':', 2))
            .Select(static p => KeyValuePair.Create(p[0], p.Length > 1 ? p[1].Trim() : "")).ToList();
        var length = headers.Find(static h => h.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Value;
        var chunked = headers.Exists(static h => h.Key.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));
        var body = chunked ? await ChunksAsync(cancellationToken)
            : length is null ? ""
            : await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture), cancellationToken);
        return new RawRequest(lines[0], headers, body);
    }

    /// <summary>What was read and belongs to no request.</summary>
    public byte[] Rest() => _buffer[_start.._end];

    private async Task<string> ChunksAsync(CancellationToken cancellationToken)
    {
        var body = new StringBuilder();
        while (true)
        {
            var size = int.Parse(await LineAsync(cancellationToken), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Append(await TakeAsync(size, cancellationToken));
            var end = await LineAsync(cancellationToken);
            if (size == 0)
            {
                return end.Length == 0 ? body.ToString() : body + "\ntrailer: " + end;
            }
        }
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        int end;
        while ((end = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
        {
            await FillOrThrowAsync(cancellationToken);
        }

        var line = Encoding.Latin1.GetString(_buffer, _start, end);
        _start += end + 2;
        return line;
    }

    private async Task<string> TakeAsync(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count)
        {
            await FillOrThrowAsync(cancellationToken);
        }

        var text = Encoding.Latin1.GetString(_buffer, _start, count);
        _start += count;
        return text;
    }

    private async Task FillOrThrowAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken))
        {
            throw new IOException("the request's body broke off");
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }
}
