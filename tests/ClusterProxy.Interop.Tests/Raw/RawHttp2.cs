using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>HTTP/2 by hand, for what no library would send.</summary>
public sealed partial class RawHttp2 : IAsyncDisposable
{
    private const int HeadLength = 9;
    private readonly Stream _stream;

    private RawHttp2(Stream stream) => _stream = stream;

    public static async Task<RawHttp2> StartAsync(Stream stream)
    {
        var http = new RawHttp2(stream);
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray()).DefaultTimeout();
        await http.SendAsync(Frame(RawFrame.Settings, 0, 0, []));
        return http;
    }

    public static byte[] Frame(byte type, byte flags, int streamId, byte[] payload)
    {
        var frame = new byte[HeadLength + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, HeadLength);
        return frame;
    }

    /// <summary>A POST with gRPC's headers and <paramref name="more"/>.</summary>
    public static byte[] Call(int streamId, string path, params (string Name, string Value)[] more) =>
        CallAs("localhost", streamId, path, more);

    /// <summary>The same to a server that is called <paramref name="authority"/>.</summary>
    public static byte[] CallAs(string authority, int streamId, string path, params (string Name, string Value)[] more) =>
        Frame(RawFrame.Headers, RawFrame.EndHeaders, streamId, HeaderBlock(
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", authority), ("content-type", "application/grpc"), .. more,
        ]));

    /// <summary>RFC 7541, section 6.2.2: literals that enter no table, in lengths of one byte.</summary>
    public static byte[] HeaderBlock(params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in headers)
        {
            block.WriteByte(0);
            block.WriteByte((byte)name.Length);
            block.Write(Encoding.ASCII.GetBytes(name));
            block.WriteByte((byte)value.Length);
            block.Write(Encoding.ASCII.GetBytes(value));
        }

        return block.ToArray();
    }

    /// <summary>gRPC's five bytes and the message.</summary>
    public static byte[] Message(byte[] content, byte flag = 0, int? length = null)
    {
        var message = new byte[5 + content.Length];
        message[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), length ?? content.Length);
        content.CopyTo(message, 5);
        return message;
    }

    public Task SendAsync(params byte[] frames) => _stream.WriteAsync(frames).DefaultTimeout();

    /// <summary>Null at the end of the connection.</summary>
    public async Task<RawFrame?> ReadAsync()
    {
        var head = new byte[HeadLength];
        try
        {
            await _stream.ReadExactlyAsync(head).DefaultTimeout();
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
            await _stream.ReadExactlyAsync(payload).DefaultTimeout();
            return new RawFrame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The first frame that matches; null when the connection ends first.</summary>
    public async Task<RawFrame?> ReadUntilAsync(Func<RawFrame, bool> matches)
    {
        while (await ReadAsync() is { } frame)
        {
            if (matches(frame))
            {
                return frame;
            }
        }

        return null;
    }

    /// <summary>The grpc-status of the headers that end the stream; -1 for any other end.</summary>
    public async Task<int> ReadStatusAsync(int streamId)
    {
        var end = await ReadUntilAsync(f => f.StreamId == streamId && f.EndsStream);
        return end is { Type: RawFrame.Headers } && GrpcStatus().Match(Encoding.Latin1.GetString(end.Payload)) is { Success: true } match
            ? int.Parse(match.Groups["code"].ValueSpan)
            : -1;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    // The name, its value's length, the value: this server sends no Huffman codes.
    [GeneratedRegex("grpc-status.(?<code>[0-9]+)", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GrpcStatus();
}
