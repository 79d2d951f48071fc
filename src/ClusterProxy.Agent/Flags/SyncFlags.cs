using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Agent.Flags;

/// <summary>How often the agent looks for servers and pings those it has.</summary>
internal sealed class SyncFlags(FlagSet flags, AgentOptions defaults)
{
    private const string Group = "Finding servers";

    private readonly Flag<TimeSpan> _interval = flags.AddTimer(
        "sync-interval", defaults.SyncInterval, Group, "Time between attempts to reach further servers.");

    private readonly Flag<TimeSpan> _cap = flags.AddTimer(
        "sync-interval-cap", defaults.SyncIntervalCap, Group, "Greatest time between attempts when they fail.");

    private readonly Flag<bool> _forever = flags.AddBool(
        "sync-forever", defaults.SyncForever, Group, "Go on looking for servers when all known ones are connected.");

    private readonly Flag<TimeSpan> _keepalive = flags.AddTimer(
        "keepalive-time", defaults.KeepaliveTime, Group, "Interval of HTTP/2 pings to servers; see --peer-ping-interval.");

    private readonly Flag<ServerCountSource> _source = flags.AddParsed(
        "server-count-source", defaults.ServerCountSource, Group,
        "Where the number of servers comes from: default (leases where counted, else the servers) or max (the larger of both).",
        ChoiceFlagType.Of(("default", ServerCountSource.Default), ("max", ServerCountSource.Max)));

    public AgentOptions Apply(FlagParseResult result, AgentOptions options) => options with
    {
        SyncInterval = result.Get(_interval),
        SyncIntervalCap = result.Get(_cap),
        SyncForever = result.Get(_forever),
        KeepaliveTime = result.Get(_keepalive),
        ServerCountSource = result.Get(_source),
    };
}
