using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Agent.Flags;

/// <summary>Flags that upstream's deployments set and that have nothing to act on here.</summary>
internal sealed class CompatibilityFlags(FlagSet flags, AgentOptions defaults)
{
    private const string Group = "Accepted without effect";

    private readonly Flag<int> _channelSize = flags.AddInt(
        "xfr-channel-size", defaults.XfrChannelSize, Group,
        "Packets queued for a connection. Bytes are bounded instead, see --connection-buffer-size.");

    private readonly Flag<bool> _warn = flags.AddBool(
        "warn-on-channel-limit", defaults.WarnOnChannelLimit, Group,
        "Warn when a packet queue is full; a metric counts stalls instead.");

    private readonly Flag<TimeSpan> _probe = flags.AddTimer(
        "probe-interval", defaults.ProbeInterval, Group,
        "Time between checks of each server connection; a lost one is noticed at once, a silent one by pings.");

    public AgentOptions Apply(FlagParseResult result, AgentOptions options) => options with
    {
        XfrChannelSize = result.Get(_channelSize),
        ProbeInterval = result.Get(_probe),
        WarnOnChannelLimit = result.Get(_warn),
    };
}
