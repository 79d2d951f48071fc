using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ClusterProxy.Testing.Spdy;

/// <summary>Header blocks of one connection: they share one zlib stream, whose window starts with the dictionary.</summary>
internal sealed class SpdyHeaderReader : IDisposable
{
    private readonly Feed _feed = new();
    private readonly DeflateStream _inflater;
    private bool _isFirst = true;

    public SpdyHeaderReader()
    {
        _inflater = new DeflateStream(_feed, CompressionMode.Decompress);

        // .NET's zlib takes no preset dictionary; a stored block that holds it leaves the window the same.
        var length = (ushort)SpdyDictionary.Bytes.Length;
        var head = new byte[5];
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(1), length);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(3), (ushort)~length);
        _feed.Add([.. head, .. SpdyDictionary.Bytes]);
        _inflater.ReadExactly(new byte[length]);
    }

    /// <exception cref="InvalidDataException">It is no header block.</exception>
    public Dictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        if (_isFirst)
        {
            // Two bytes of zlib's own, then the dictionary's name.
            if (block.Length < 6 || BinaryPrimitives.ReadUInt32BigEndian(block[2..]) != SpdyDictionary.Id)
            {
                throw new InvalidDataException("the header block does not begin a zlib stream with SPDY/3's dictionary");
            }

            _isFirst = false;
            block = block[6..];
        }

        _feed.Add(block.ToArray());
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var left = ReadLength(); left > 0; left--)
        {
            headers[ReadText()] = ReadText();
        }

        return headers;
    }

    public void Dispose() => _inflater.Dispose();

    private string ReadText()
    {
        var bytes = new byte[ReadLength()];
        _inflater.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private int ReadLength()
    {
        Span<byte> bytes = stackalloc byte[4];
        _inflater.ReadExactly(bytes);
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        return length is >= 0 and < 64 * 1024 ? length : throw new InvalidDataException($"a header block with a length of {length}");
    }

    /// <summary>What has come so far; more may be added after its end was read.</summary>
    private sealed class Feed : MemoryStream
    {
        public void Add(byte[] bytes)
        {
            SetLength(0);
            Write(bytes);
            Position = 0;
        }
    }
}
