using System.Net.Sockets;
using ClusterProxy.Agent.Sockets;

namespace ClusterProxy.Agent.Targets;

/// <param name="Outcome">What came of it.</param>
/// <param name="Socket">Connected; the receiver owns it. Null for every other outcome.</param>
/// <param name="Error">For DIAL_RSP; empty when connected or cancelled.</param>
internal readonly record struct TargetDialResult(TargetDialOutcome Outcome, Socket? Socket, string Error)
{
    public static TargetDialResult Connected(Socket socket) => new(TargetDialOutcome.Connected, socket, "");

    public static TargetDialResult Denied(string error) => new(TargetDialOutcome.Denied, null, error);

    public static TargetDialResult Failed(string error) =>
        new(DialErrorText.IsTimeout(error) ? TargetDialOutcome.TimedOut : TargetDialOutcome.Failed, null, error);

    public static TargetDialResult Cancelled { get; } = new(TargetDialOutcome.Cancelled, null, "");
}
