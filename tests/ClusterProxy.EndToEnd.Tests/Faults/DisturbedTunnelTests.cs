using ClusterProxy.EndToEnd.Tests.Frontends;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>The same once more over ways that hold bytes back and tear them into small pieces.</summary>
public sealed class DisturbedTunnelTests(ITestOutputHelper output) : TunnelTests(output)
{
    private protected override TunnelSetup Adjust(TunnelSetup setup) => setup with
    {
        ThroughRelay = true,
        FrontendsThroughRelay = true,
        Conditions = new() { Delay = TimeSpan.FromMilliseconds(1), Jitter = TimeSpan.FromMilliseconds(3), MaxPiece = 5000 },
    };
}
