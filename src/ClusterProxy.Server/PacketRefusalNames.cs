namespace ClusterProxy.Server;

internal static class PacketRefusalNames
{
    /// <summary>The metric label.</summary>
    public static string ToTag(this PacketRefusal refusal) => refusal switch
    {
        PacketRefusal.Late => "late",
        PacketRefusal.UnknownConnection => "unknown_connection",
        PacketRefusal.UnknownDial => "unknown_dial",
        PacketRefusal.RepeatedDial => "repeated_dial",
        PacketRefusal.BeforeConnection => "before_connection",
        PacketRefusal.NotForwarded => "not_forwarded",
        PacketRefusal.PastCredit => "past_credit",
        PacketRefusal.BadCredit => "bad_credit",
        PacketRefusal.Meaningless => "meaningless",
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "a refusal without a name"),
    };
}
