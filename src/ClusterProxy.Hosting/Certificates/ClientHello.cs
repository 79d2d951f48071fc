using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Security;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// What a TLS client asks for, read before anybody answers: Kestrel and the platform tell of it only when the handshake is done.
/// RFC 8446 sections 4.1.2 and 5.1, RFC 7301 section 3.1.
/// </summary>
internal static class ClientHello
{
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const ushort AlpnExtension = 16;
    private const int RecordHeaderLength = 5;
    private const int LongestRecord = 16 * 1024;

    /// <summary>The protocols that the client offers, best first. What was read stays for the next reader.</summary>
    /// <param name="input">At its beginning.</param>
    /// <param name="cancellationToken">Ends the wait for the bytes.</param>
    /// <returns>None also for what is no ClientHello, or one in several records: whoever reads it next says so.</returns>
    public static async ValueTask<IReadOnlyList<SslApplicationProtocol>> PeekProtocolsAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var isEnough = TryReadProtocols(read.Buffer, out var protocols) || read.IsCompleted || read.IsCanceled;
            input.AdvanceTo(read.Buffer.Start, isEnough ? read.Buffer.Start : read.Buffer.End);
            if (isEnough)
            {
                return protocols;
            }
        }
    }

    /// <summary>False when it takes more bytes to tell.</summary>
    public static bool TryReadProtocols(ReadOnlySequence<byte> bytes, out IReadOnlyList<SslApplicationProtocol> protocols)
    {
        protocols = [];
        Span<byte> header = stackalloc byte[RecordHeaderLength];
        if (bytes.IsEmpty || (bytes.FirstSpan[0] == HandshakeRecord && bytes.Length < header.Length))
        {
            return false;
        }

        if (bytes.FirstSpan[0] != HandshakeRecord)
        {
            return true;
        }

        bytes.Slice(0, header.Length).CopyTo(header);
        var length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
        if (length > LongestRecord)
        {
            return true;
        }

        if (bytes.Length < header.Length + length)
        {
            return false;
        }

        protocols = Protocols(bytes.Slice(header.Length, length).ToArray());
        return true;
    }

    private static List<SslApplicationProtocol> Protocols(ReadOnlySpan<byte> record)
    {
        // Version and random; then the session, ciphers and compressions that it knows.
        if (!TryTake(ref record, 1, out var type) || type[0] != ClientHelloMessage || !TryTakeVector(ref record, 3, out var hello)
            || !TryTake(ref hello, 2 + 32, out _) || !TryTakeVector(ref hello, 1, out _) || !TryTakeVector(ref hello, 2, out _)
            || !TryTakeVector(ref hello, 1, out _) || !TryTakeVector(ref hello, 2, out var extensions))
        {
            return [];
        }

        while (TryTake(ref extensions, 2, out var extension) && TryTakeVector(ref extensions, 2, out var content))
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(extension) == AlpnExtension)
            {
                return TryTakeVector(ref content, 2, out var names) ? Names(names) : [];
            }
        }

        return [];
    }

    private static List<SslApplicationProtocol> Names(ReadOnlySpan<byte> names)
    {
        var protocols = new List<SslApplicationProtocol>();
        while (TryTakeVector(ref names, 1, out var name) && !name.IsEmpty)
        {
            protocols.Add(new SslApplicationProtocol(name.ToArray()));
        }

        return protocols;
    }

    private static bool TryTakeVector(ref ReadOnlySpan<byte> left, int lengthBytes, out ReadOnlySpan<byte> content)
    {
        var length = 0;
        if (TryTake(ref left, lengthBytes, out var bytes))
        {
            foreach (var part in bytes)
            {
                length = (length << 8) | part;
            }

            return TryTake(ref left, length, out content);
        }

        content = default;
        return false;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> left, int count, out ReadOnlySpan<byte> taken)
    {
        if (left.Length < count)
        {
            taken = default;
            return false;
        }

        taken = left[..count];
        left = left[count..];
        return true;
    }
}
