using ClusterProxy.Agent;
using ClusterProxy.Client;
using ClusterProxy.EndToEnd.Tests.Faults;
using ClusterProxy.Protocol;

namespace ClusterProxy.EndToEnd.Tests.Skew;

/// <summary>Targets under names of their own for each agent, so that a dial says which agent it is for.</summary>
internal sealed class SkewTargets : IAsyncDisposable
{
    private readonly PatternTarget _pattern = new();
    private readonly HalfCloseEchoTarget _halfClose = new();
    private readonly RefusingPort _refusing = new();

    public string Pattern(TunnelFeatureSet agent) => $"pattern-{(int)agent}:1";

    public string HalfClose(TunnelFeatureSet agent) => $"half-close-{(int)agent}:1";

    public string Refusing(TunnelFeatureSet agent) => $"refusing-{(int)agent}:1";

    /// <summary>An agent that lacks something and has the dials of all names that say so.</summary>
    public AgentOptions Lead(AgentOptions options, TunnelFeatureSet lacks) => options with
    {
        WithoutFeatures = lacks,
        AgentIdentifiers = $"host=pattern-{(int)lacks}&host=half-close-{(int)lacks}&host=refusing-{(int)lacks}",
        TargetAlias =
        [
            $"{Pattern(lacks)}={_pattern.Address}", $"{HalfClose(lacks)}={_halfClose.Address}", $"{Refusing(lacks)}={_refusing.Address}",
        ],
    };

    /// <summary>A transfer each way with every byte compared, a half-close where there is one, a dial that fails; each is closed.</summary>
    /// <param name="client">Of the frontend.</param>
    /// <param name="kind">What it speaks.</param>
    /// <param name="lacks">The agent that is dialled.</param>
    /// <param name="canHalfClose">Whether every end on the way can.</param>
    /// <param name="way">What else is out of the ordinary, for messages.</param>
    public async Task TryAsync(TunnelClient client, FrontendKind kind, TunnelFeatureSet lacks, bool canHalfClose, string way = "")
    {
        var what = $"{kind}{way}, agent without \"{TunnelFeatures.Format(lacks)}\"";
        var transfer = await new Transfer(client, Pattern(lacks), new PatternRequest(PatternMode.Echo, (int)lacks, 150_000)).RunAsync();
        Assert.True(transfer.End == TransferEnd.Complete, $"{what}: {transfer}");

        await using var stream = await client.ConnectAsync(HalfClose(lacks));
        if (kind != FrontendKind.ConnectTls)
        {
            Assert.True(stream.CanHalfClose == canHalfClose, $"{what}: half-close is {stream.CanHalfClose}");
        }

        if (stream.CanHalfClose && canHalfClose)
        {
            await stream.WriteAsync("all of it"u8.ToArray());
            stream.CompleteWrites();
            var back = new byte[9];
            await stream.ReadExactlyAsync(back);
            Assert.Equal("all of it"u8.ToArray(), back);
            Assert.Equal(0, await stream.ReadAsync(back));
        }

        var refused = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync(Refusing(lacks)));
        Assert.True(refused.Message.Contains("connection refused", StringComparison.Ordinal), $"{what}: {refused.Message}");
    }

    public async ValueTask DisposeAsync()
    {
        await _pattern.DisposeAsync();
        await _halfClose.DisposeAsync();
        _refusing.Dispose();
    }
}
