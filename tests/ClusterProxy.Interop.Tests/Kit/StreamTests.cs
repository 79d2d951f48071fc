using Xunit.Abstractions;

namespace ClusterProxy.Interop.Tests.Kit;

public sealed class StreamTests(ITestOutputHelper output)
{
    [Fact]
    public async Task DuplexStream_CompleteWrites_EndsOneDirectionOnly()
    {
        var (left, right) = DuplexStream.CreatePair();
        await left.WriteAsync("q"u8.ToArray()).DefaultTimeout();
        left.CompleteWrites();

        var buffer = new byte[8];
        Assert.Equal(1, await right.ReadAsync(buffer).DefaultTimeout());
        Assert.Equal(0, await right.ReadAsync(buffer).DefaultTimeout());
        await right.WriteAsync("a"u8.ToArray()).DefaultTimeout();
        Assert.Equal(1, await left.ReadAsync(buffer).DefaultTimeout());
    }

    [Fact]
    public async Task DuplexStream_FullDirection_MakesItsWriterWait()
    {
        var (left, right) = DuplexStream.CreatePair(capacity: 1024);

        var writing = left.WriteAsync(new byte[4096]).AsTask();
        Assert.False(writing.IsCompleted);
        await right.ReadExactlyAsync(new byte[4096]).DefaultTimeout();

        await writing.DefaultTimeout();
    }

    [Fact]
    public async Task DuplexStream_Reset_FailsTheOtherEnd()
    {
        var (left, right) = DuplexStream.CreatePair();

        left.Reset();

        await Assert.ThrowsAsync<IOException>(() => right.ReadAsync(new byte[1]).DefaultTimeout());
        await Assert.ThrowsAsync<IOException>(() => right.WriteAsync(new byte[1]).DefaultTimeout());
    }

    [Fact]
    public async Task FaultyStream_RandomSplits_ChangeNothingButThePieces()
    {
        var random = SeededRandom.Create(output.WriteLine);
        var content = random.NextBytes(20_000);
        var (left, right) = DuplexStream.CreatePair(capacity: 1024 * 1024);
        await using var writer = new FaultyStream(left, writes: StreamFaults.Split(random, content.Length));
        await using var reader = new FaultyStream(right, reads: StreamFaults.Split(random, content.Length));

        await writer.WriteAsync(content).DefaultTimeout();
        var received = new byte[content.Length];
        await reader.ReadExactlyAsync(received).DefaultTimeout();

        Assert.Equal(content, received);
    }

    [Fact]
    public async Task FaultyStream_CutAt_FailsThereExactly()
    {
        var (left, right) = DuplexStream.CreatePair();
        await using var faulty = new FaultyStream(right, reads: new StreamFaults { CutAt = 5 });
        await left.WriteAsync(new byte[10]).DefaultTimeout();

        Assert.Equal(5, await faulty.ReadAsync(new byte[10]).DefaultTimeout());
        await Assert.ThrowsAsync<IOException>(() => faulty.ReadAsync(new byte[10]).DefaultTimeout());
    }

    [Fact]
    public async Task FaultyStream_StallAt_WaitsForTheTest()
    {
        var (left, right) = DuplexStream.CreatePair();
        var faults = new StreamFaults { StallAt = 2, EndAt = 4 };
        await using var faulty = new FaultyStream(right, reads: faults);
        await left.WriteAsync(new byte[10]).DefaultTimeout();

        Assert.Equal(2, await faulty.ReadAsync(new byte[10]).DefaultTimeout());
        var next = faulty.ReadAsync(new byte[10]).AsTask();
        await faults.Stall.WaitUntilReachedAsync().DefaultTimeout();
        Assert.False(next.IsCompleted);
        faults.Stall.Continue();

        Assert.Equal(2, await next.DefaultTimeout());
        Assert.Equal(0, await faulty.ReadAsync(new byte[10]).DefaultTimeout());
    }
}
