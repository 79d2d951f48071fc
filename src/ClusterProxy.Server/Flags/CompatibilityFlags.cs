using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server.Flags;

/// <summary>Flags that upstream's deployments set and that have nothing to act on here.</summary>
internal sealed class CompatibilityFlags
{
    private const string Group = "Accepted without effect";
    private const string BytesInstead = " Bytes are bounded instead, see --connection-buffer-size.";

    private readonly Flag<int> _channelSize;
    private readonly Flag<int> _writeChannelSize;

    public CompatibilityFlags(FlagSet flags, ServerOptions defaults)
    {
        _channelSize = flags.AddInt("xfr-channel-size", defaults.XfrChannelSize, Group, "Packets queued for a tunnel." + BytesInstead);
        _writeChannelSize = flags.AddInt(
            "frontend-write-channel-size", defaults.FrontendWriteChannelSize, Group,
            "Packets queued for an HTTP-CONNECT frontend." + BytesInstead);
        flags.AddBool("warn-on-channel-limit", true, Group, "Warn when a packet queue is full; a metric counts stalls instead.");
    }

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        XfrChannelSize = result.Get(_channelSize),
        FrontendWriteChannelSize = result.Get(_writeChannelSize),
    };
}
