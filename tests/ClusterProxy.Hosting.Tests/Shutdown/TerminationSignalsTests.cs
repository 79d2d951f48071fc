using ClusterProxy.Hosting.Shutdown;

namespace ClusterProxy.Hosting.Tests.Shutdown;

public sealed class TerminationSignalsTests
{
    [Fact]
    public async Task Receive_First_AsksForAGracefulEnd()
    {
        var exits = new List<int>();
        await using var signals = new TerminationSignals(exits.Add);
        Assert.False(signals.Requested.IsCompleted);
        Assert.False(signals.Token.IsCancellationRequested);

        signals.Receive();

        await signals.Requested.DefaultTimeout();
        Assert.True(signals.Token.IsCancellationRequested);
        Assert.Empty(exits);
    }

    [Fact]
    public async Task Receive_Second_EndsTheProcessWithOneWhileTheFirstIsStillBeingServed()
    {
        var exits = new List<int>();
        using var release = new ManualResetEventSlim();
        var signals = new TerminationSignals(exits.Add);
        await using (signals.Token.Register(release.Wait))
        {
            signals.Receive();
            signals.Receive();
            Assert.Equal([1], exits);
            release.Set();
            await signals.DisposeAsync().DefaultTimeout();
        }
    }

    [Fact]
    public async Task Listen_ThenDispose_LeavesNothingRequested()
    {
        var signals = TerminationSignals.Listen();
        await signals.DisposeAsync().DefaultTimeout();
        Assert.False(signals.Requested.IsCompleted);
    }
}
