using ClusterProxy.Hosting.Memory;

namespace ClusterProxy.Hosting.Tests.Memory;

/// <summary>By a clock that the test moves: 30 s of quiet are three looks.</summary>
public sealed class IdleCompactionTests : IAsyncDisposable
{
    private static readonly Work Much = new(1L << 30, 0);
    private static readonly Work AtRest = new(9 * 1024 * 1024, 1024);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly ObservedCount _looks = new();
    private readonly ObservedCount _compactions = new();
    private readonly IdleCompaction _compaction;
    private Work _done;

    public IdleCompactionTests() => _compaction = new IdleCompaction(
        TimeSpan.FromSeconds(30),
        busyAllocation: 1024 * 1024,
        () =>
        {
            var done = _done;
            _looks.Increment();
            return done;
        },
        _compactions.Increment,
        _time);

    public ValueTask DisposeAsync() => _compaction.DisposeAsync();

    [Fact]
    public async Task Work_ThenQuiet_CompactsOnce_AndAgainAfterMoreWork()
    {
        await LookAsync(Much, times: 5);
        await LookAsync(default, times: 2);
        Assert.Equal(0, _compactions.Value);

        await LookAsync(default);
        await _compactions.WaitForAsync(1).DefaultTimeout();
        await LookAsync(default, times: 20);
        Assert.Equal(1, _compactions.Value);

        await LookAsync(Much);
        await LookAsync(default, times: 3);
        await _compactions.WaitForAsync(2).DefaultTimeout();
    }

    [Fact]
    public async Task WhatAnIdleProcessDoes_IsNoWork()
    {
        await LookAsync(AtRest, times: 20);
        Assert.Equal(0, _compactions.Value);
    }

    [Fact]
    public async Task Disposed_LooksNoMore()
    {
        await LookAsync(Much);
        await _compaction.DisposeAsync();
        _time.Advance(10 * Look);
        Assert.Equal(1, _looks.Value);
    }

    private async Task LookAsync(Work work, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _done = new Work(_done.Allocated + work.Allocated, _done.Moved + work.Moved);
            var look = _looks.Value + 1;
            _time.Advance(Look);
            await _looks.WaitForAsync(look).DefaultTimeout();
        }
    }
}
