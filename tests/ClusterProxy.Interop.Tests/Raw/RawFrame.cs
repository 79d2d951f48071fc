namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>One HTTP/2 frame; RFC 9113, section 4.1.</summary>
public sealed record RawFrame(byte Type, byte Flags, int StreamId, byte[] Payload)
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte ResetStream = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;

    public const byte EndStream = 0x1;
    public const byte Ack = 0x1;
    public const byte EndHeaders = 0x4;

    /// <summary>Whether the sender says no more on the stream.</summary>
    public bool EndsStream => Type == ResetStream || (Type is Data or Headers && (Flags & EndStream) != 0);
}
