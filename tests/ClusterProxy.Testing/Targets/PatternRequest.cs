using System.Buffers.Binary;

namespace ClusterProxy.Testing.Targets;

/// <summary>The first bytes of each connection to a <see cref="PatternTarget"/>.</summary>
/// <param name="Mode">Who sends.</param>
/// <param name="Seed">Of the <see cref="SeededBytes"/>; tells the connections of a test apart.</param>
/// <param name="Length">Bytes to come.</param>
public sealed record PatternRequest(PatternMode Mode, int Seed, int Length)
{
    public const int Size = 9;

    public static PatternRequest Read(ReadOnlySpan<byte> bytes) =>
        new((PatternMode)bytes[0], BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[5..]));

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        bytes[0] = (byte)Mode;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), Seed);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(5), Length);
        return bytes;
    }
}
