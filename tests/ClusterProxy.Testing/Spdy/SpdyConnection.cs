using System.Buffers.Binary;

namespace ClusterProxy.Testing.Spdy;

/// <summary>
/// The server's end of SPDY/3.1, as much of it as kubectl speaks for exec, attach and port-forward: streams that the client opens, data,
/// resets and pings.
/// </summary>
/// <param name="transport">Behind the 101.</param>
/// <param name="opened">Told of each stream, when the client has its reply.</param>
public sealed class SpdyConnection(Stream transport, Action<SpdyStream> opened) : IDisposable
{
    private const int SynStream = 1;
    private const int SynReply = 2;
    private const int RstStream = 3;
    private const int Ping = 6;
    private const int GoAway = 7;
    private const byte Fin = 1;

    private static readonly byte[] ZlibHead = [0x78, 1];

    private readonly Dictionary<int, SpdyStream> _streams = [];
    private readonly SpdyHeaderReader _headers = new();
    private readonly SemaphoreSlim _sending = new(1);
    private bool _hasReplied;

    /// <summary>Returns when the client goes.</summary>
    /// <exception cref="InvalidDataException">The client does not speak SPDY/3.1.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var head = new byte[8];
        try
        {
            while (await transport.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) == head.Length)
            {
                var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)) & 0xff_ffff];
                await transport.ReadExactlyAsync(body, cancellationToken);
                var first = BinaryPrimitives.ReadUInt32BigEndian(head);
                if ((first & 0x8000_0000) == 0)
                {
                    await ReceiveAsync((int)first, head[4], body, cancellationToken);
                }
                else if ((first >> 16) != 0x8003)
                {
                    throw new InvalidDataException($"no SPDY/3 frame: {first:x8}");
                }
                else if (!await ControlAsync((int)(first & 0xffff), head[4], body, cancellationToken))
                {
                    return;
                }
            }
        }
        catch (IOException)
        {
            // The client has gone without a word.
        }
        finally
        {
            foreach (var stream in _streams.Values)
            {
                stream.ReceiveEnd();
            }
        }
    }

    public void Dispose()
    {
        _headers.Dispose();
        _sending.Dispose();
    }

    internal Task SendDataAsync(int id, ReadOnlyMemory<byte> bytes, bool isLast, CancellationToken cancellationToken) =>
        SendAsync((uint)id, isLast ? Fin : (byte)0, bytes, cancellationToken);

    private async Task ReceiveAsync(int id, byte flags, byte[] body, CancellationToken cancellationToken)
    {
        if (!_streams.TryGetValue(id, out var stream))
        {
            return;
        }

        if (body.Length > 0)
        {
            await stream.ReceiveAsync(body, cancellationToken);
        }

        if ((flags & Fin) != 0)
        {
            End(id);
        }
    }

    /// <returns>False when the client says that it goes.</returns>
    private async Task<bool> ControlAsync(int type, byte flags, byte[] body, CancellationToken cancellationToken)
    {
        switch (type)
        {
            case SynStream:
                await OpenAsync(BinaryPrimitives.ReadInt32BigEndian(body), flags, _headers.Read(body.AsSpan(10)), cancellationToken);
                return true;
            case RstStream:
                End(BinaryPrimitives.ReadInt32BigEndian(body));
                return true;
            case Ping when (body[3] & 1) != 0:
                await SendAsync(Control(Ping), 0, body, cancellationToken);
                return true;
            default:
                return type != GoAway;
        }
    }

    private async Task OpenAsync(int id, byte flags, Dictionary<string, string> headers, CancellationToken cancellationToken)
    {
        var stream = new SpdyStream(this, id, headers);
        _streams[id] = stream;
        if ((flags & Fin) != 0)
        {
            End(id);
        }

        var reply = new List<byte>(BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(id)));
        reply.AddRange(NoHeaders());
        await SendAsync(Control(SynReply), 0, reply.ToArray(), cancellationToken);
        opened(stream);
    }

    private void End(int id)
    {
        if (_streams.Remove(id, out var stream))
        {
            stream.ReceiveEnd();
        }
    }

    /// <summary>
    /// A block of no headers, stored, and an empty one behind it, by which readers know that they have all. zlib's head goes before the
    /// connection's first one only.
    /// </summary>
    private byte[] NoHeaders()
    {
        byte[] block = [.. _hasReplied ? [] : ZlibHead, 0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
        _hasReplied = true;
        return block;
    }

    private async Task SendAsync(uint first, byte flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, first);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), body.Length);
        frame[4] = flags;
        body.CopyTo(frame.AsMemory(8));
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await transport.WriteAsync(frame, cancellationToken);
            await transport.FlushAsync(cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private static uint Control(int type) => 0x8003_0000 | (uint)type;
}
