using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Server.Grpc;

/// <summary>
/// Takes back most of the 16 KiB that Kestrel keeps for the outgoing headers of each HTTP/2 connection: a quarter of an idle tunnel,
/// which sends headers at its start and at its end. No setting lowers it. With a small one Kestrel writes what does not fit in several
/// frames, or by way of its pool. Where the buffer is not to be had, with another .NET, it stays and nothing else changes.
/// </summary>
internal static class HeaderBuffer
{
    /// <summary>More than the trailers of most calls.</summary>
    private const int Size = 512;

    private const DynamicallyAccessedMemberTypes Fields = DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields;
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [DynamicallyAccessedMembers(Fields)]
    private static readonly Type? Stream =
        Type.GetType("Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http2.Http2Stream, Microsoft.AspNetCore.Server.Kestrel.Core");

    private static readonly FieldInfo? Context = Stream?.GetField("_context", Instance);

    private static readonly PropertyInfo? Writer =
        Type.GetType("Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http2.Http2StreamContext, Microsoft.AspNetCore.Server.Kestrel.Core")
            ?.GetProperty("FrameWriter", Instance);

    [DynamicallyAccessedMembers(Fields)]
    private static readonly Type? WriterType =
        Type.GetType("Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http2.Http2FrameWriter, Microsoft.AspNetCore.Server.Kestrel.Core");

    private static readonly FieldInfo? Gate = WriterType?.GetField("_writeLock", Instance);
    private static readonly FieldInfo? Buffer = WriterType?.GetField("_headerEncodingBuffer", Instance);

    /// <summary>For a connection that will send few headers. Call it when those of the response have been sent.</summary>
    /// <returns>Whether the buffer is small now.</returns>
    public static bool Shrink(HttpContext http)
    {
        if (Buffer?.FieldType != typeof(byte[]) || Stream?.IsInstanceOfType(http.Features) != true
            || Context?.GetValue(http.Features) is not { } context || Writer?.GetValue(context) is not { } writer
            || Gate?.GetValue(writer) is not Lock gate)
        {
            return false;
        }

        lock (gate)
        {
            if (Buffer.GetValue(writer) is byte[] { Length: > Size })
            {
                Buffer.SetValue(writer, new byte[Size]);
            }
        }

        return true;
    }
}
