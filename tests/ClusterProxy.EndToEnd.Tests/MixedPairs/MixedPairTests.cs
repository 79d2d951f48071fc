using ClusterProxy.EndToEnd.Tests.Faults;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.MixedPairs;

/// <summary>
/// Beside peers that behave as upstream's: no additions, 4 KiB a packet, and a loop that stops reading while a queue is full.
/// </summary>
public sealed class MixedPairTests(ITestOutputHelper output) : TunnelTest(output)
{
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(1);

    public static TheoryData<PairKind> All { get; } = [.. Enum.GetValues<PairKind>()];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Transfers_AllWaysAtOnce_NeitherLockUpNorLoseAByte(PairKind kind)
    {
        var random = SeededRandom.Create(Output.WriteLine);
        var target = Own(new PatternTarget());
        var pair = Own(await MixedPair.StartAsync(kind, TaskTimeouts.Default));

        var results = await RunAsync(pair, target, Requests(random));

        Assert.All(results, r => Assert.True(r.End == TransferEnd.Complete, $"{r}"));
        await target.Open.WaitForAsync(0).DefaultTimeout();
        await pair.ShouldBecomeIdleAsync();
    }

    [Theory]
    [InlineData(PairKind.SdkOursLike)]
    [InlineData(PairKind.ConnectOursLike)]
    [InlineData(PairKind.LikeOursLike)]
    public async Task FrontendThatDoesNotRead_OfAgentWithoutCredit_CostsOnlyItself(PairKind kind)
    {
        var random = SeededRandom.Create(Output.WriteLine);
        var source = Own(new SourceTarget(128 * 1024 * 1024));
        var target = Own(new PatternTarget());
        var pair = Own(await MixedPair.StartAsync(kind, StallLimit));
        await using var stalled = await pair.Dial(source.Address).DefaultTimeout();
        await stalled.ReadExactlyAsync(new byte[1]).DefaultTimeout();

        var results = await RunAsync(pair, target, Requests(random));
        await pair.Ours!.ServerMetrics.WaitForAsync(ServerMetric.Closes, 1, ("reason", "stalled"));

        Assert.All(results, r => Assert.True(r.End == TransferEnd.Complete, $"{r}"));
        await source.Open.WaitForAsync(0).DefaultTimeout();
        var after = await RunAsync(pair, target, [new(PatternMode.Echo, random.Next(), 100_000)]);
        Assert.Equal(TransferEnd.Complete, after[0].End);
        await stalled.DisposeAsync().DefaultTimeout();
        await pair.ShouldBecomeIdleAsync();
    }

    [Theory]
    [InlineData(PairKind.SdkLikeOurs)]
    [InlineData(PairKind.LikeLikeOurs)]
    public async Task TargetThatDoesNotRead_BehindServerWithoutCredit_CostsOnlyItself(PairKind kind)
    {
        var random = SeededRandom.Create(Output.WriteLine);
        var sink = Own(new SinkTarget());
        var target = Own(new PatternTarget());
        var pair = Own(await MixedPair.StartAsync(kind, StallLimit));
        var stalled = await pair.Dial(sink.Address).DefaultTimeout();
        var upload = UploadAsync(stalled);

        var results = await RunAsync(pair, target, Requests(random));
        await pair.AgentMetrics.WaitForAsync(AgentMetric.Closes, 1, ("reason", "stalled"));

        Assert.All(results, r => Assert.True(r.End == TransferEnd.Complete, $"{r}"));
        await Assert.ThrowsAnyAsync<IOException>(() => upload.DefaultTimeout());
        await stalled.DisposeAsync().DefaultTimeout();
        var after = await RunAsync(pair, target, [new(PatternMode.Echo, random.Next(), 100_000)]);
        Assert.Equal(TransferEnd.Complete, after[0].End);
        await pair.ShouldBecomeIdleAsync();
    }

    /// <summary>An agent of upstream's manner is held up as a whole, which nobody on the wire can change; but nothing is lost.</summary>
    [Theory]
    [InlineData(PairKind.SdkOursLike)]
    [InlineData(PairKind.ConnectOursLike)]
    [InlineData(PairKind.LikeOursLike)]
    public async Task AgentThatStopsReading_GoesOn_AndHasLostNothing(PairKind kind)
    {
        const int Length = 48 * 1024 * 1024;
        var random = SeededRandom.Create(Output.WriteLine);
        var sink = Own(new SinkTarget());
        var target = Own(new PatternTarget());
        var pair = Own(await MixedPair.StartAsync(kind, StallLimit));
        await using var stalled = await pair.Dial(sink.Address).DefaultTimeout();
        var upload = stalled.WriteAsync(SeededBytes.Create(seed: 5, Length)).AsTask();

        // Longer than our limit, which is for our own queues only.
        await pair.LikeAgent!.Stops.WaitForAtLeastAsync(1).DefaultTimeout();
        var others = RunAsync(pair, target, Requests(random));
        await Task.WhenAny(others, Task.Delay(StallLimit * 2));
        Assert.False(others.IsCompleted);
        Assert.False(upload.IsCompleted);
        sink.AllowAll();

        Assert.All(await others, r => Assert.True(r.End == TransferEnd.Complete, $"{r}"));
        await upload.DefaultTimeout();
        await stalled.DisposeAsync().DefaultTimeout();
        await sink.BytesReceived.WaitForAsync(Length).DefaultTimeout();
        Assert.Equal(SeededBytes.Sha256(seed: 5, Length), sink.Sha256());
        await pair.ShouldBecomeIdleAsync();
    }

    /// <inheritdoc cref="AgentThatStopsReading_GoesOn_AndHasLostNothing"/>
    [Theory]
    [InlineData(PairKind.LikeLikeOurs)]
    [InlineData(PairKind.SdkLikeOurs)]
    [InlineData(PairKind.LikeOursOurs)]
    public async Task FrontendThatStopsReading_GoesOn_AndHasLostNothing(PairKind kind)
    {
        const int Length = 16 * 1024 * 1024;
        var random = SeededRandom.Create(Output.WriteLine);
        var source = Own(new SourceTarget(Length));
        var target = Own(new PatternTarget());
        var pair = Own(await MixedPair.StartAsync(kind, StallLimit));
        await using var stalled = await pair.Dial(source.Address).DefaultTimeout();
        var got = new byte[Length];
        await stalled.ReadExactlyAsync(got.AsMemory(0, 1)).DefaultTimeout();

        // Behind a server of upstream's manner all others wait too; behind ours nobody does.
        var others = RunAsync(pair, target, Requests(random));
        if (pair.Ours is null)
        {
            await Task.WhenAny(others, Task.Delay(StallLimit * 2));
        }
        else
        {
            await others.DefaultTimeout();
        }

        await stalled.ReadExactlyAsync(got.AsMemory(1)).DefaultTimeout();
        Assert.Equal(source.Sha256, SeededBytes.Sha256(got));
        Assert.All(await others, r => Assert.True(r.End == TransferEnd.Complete, $"{r}"));
        Assert.Equal(0, await stalled.ReadAsync(new byte[1]).DefaultTimeout());
        await stalled.DisposeAsync().DefaultTimeout();
        await pair.ShouldBecomeIdleAsync();
    }

    private static List<PatternRequest> Requests(SeededRandom random) =>
    [
        .. Enumerable.Range(0, 12).Select(i => new PatternRequest((PatternMode)((i % 3) + 1), random.Next(), random.Next(1, 1_000_000))),
        .. Enumerable.Range(0, 12).Select(_ => new PatternRequest((PatternMode)random.Next(1, 4), random.Next(), random.Next(1, 10_000))),
    ];

    private static Task<TransferResult[]> RunAsync(MixedPair pair, PatternTarget target, List<PatternRequest> requests) =>
        Task.WhenAll(requests.Select(r => new Transfer(() => pair.Dial(target.Address), r).RunAsync())).DefaultTimeout();

    private static async Task UploadAsync(Stream stream)
    {
        var piece = new byte[64 * 1024];
        while (true)
        {
            await stream.WriteAsync(piece);
        }
    }
}
