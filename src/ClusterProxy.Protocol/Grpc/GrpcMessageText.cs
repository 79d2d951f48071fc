using System.Buffers;
using System.Globalization;
using System.Text;

namespace ClusterProxy.Protocol.Grpc;

/// <summary>The percent-encoding of <c>grpc-message</c>: UTF-8 with everything outside printable ASCII, and '%', escaped.</summary>
/// <remarks>Source: gRPC over HTTP/2, "Status-Message". A decoder must not fail on a bad escape: it is kept as it stands.</remarks>
internal static class GrpcMessageText
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create(" !\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    public static string Encode(string message)
    {
        if (message.AsSpan().IndexOfAnyExcept(Plain) < 0)
        {
            return message;
        }

        var text = new StringBuilder(message.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }

    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%', StringComparison.Ordinal))
        {
            return encoded;
        }

        var bytes = new ArrayBufferWriter<byte>(encoded.Length);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '%' && i + 2 < encoded.Length &&
                byte.TryParse(encoded.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Write([value]);
                i += 2;
            }
            else
            {
                Encoding.UTF8.GetBytes(encoded.AsSpan(i, 1), bytes);
            }
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
