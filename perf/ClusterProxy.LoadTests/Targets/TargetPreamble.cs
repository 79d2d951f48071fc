using System.Buffers.Binary;

namespace ClusterProxy.LoadTests.Targets;

/// <summary>
/// The first eight bytes of every connection: what to do, and which run it belongs to. So that one port serves all
/// scenarios, which a chain of fixed hops needs.
/// </summary>
internal readonly record struct TargetPreamble(TargetMode Mode, int Run)
{
    public const int Length = 8;

    public static TargetPreamble Read(ReadOnlySpan<byte> source) =>
        new((TargetMode)source[0], BinaryPrimitives.ReadInt32BigEndian(source[4..]));

    public void Write(Span<byte> destination)
    {
        destination[..Length].Clear();
        destination[0] = (byte)Mode;
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], Run);
    }
}
