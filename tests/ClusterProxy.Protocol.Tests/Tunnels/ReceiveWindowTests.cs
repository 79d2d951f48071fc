using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Tunnels;
using Xunit.Abstractions;

namespace ClusterProxy.Protocol.Tests.Tunnels;

public sealed class ReceiveWindowTests(ITestOutputHelper output)
{
    private static readonly TunnelLimits Limits = TunnelLimits.Default with { InitialWindow = 1000, MaxWindow = 8000 };

    [Fact]
    public void Take_HalfOfTheWindow_IsReturned()
    {
        var window = new ReceiveWindow(Limits, TimeProvider.System, roundTrip: null);
        Assert.True(window.TryReceive(1000));
        Assert.Equal(0, window.Take(499, 501));
        Assert.Equal(500, window.Take(1, 500));
        Assert.Equal(1000, window.Size);
        Assert.Equal(1500, window.Granted);
    }

    [Fact]
    public void Take_AnEighthOfTheWindowWhileTheSenderWaits_IsReturned()
    {
        var window = new ReceiveWindow(Limits with { MaxPayload = 100 }, TimeProvider.System, roundTrip: null);
        Assert.True(window.TryReceive(1000));
        Assert.Equal(0, window.Take(124, 876));
        window.OnSenderBlocked();
        Assert.Equal(125, window.Take(1, 875));
        Assert.Equal(0, window.Take(125, 750));
    }

    [Fact]
    public void Take_SenderRanOutAndReceiverKeepsUp_Doubles()
    {
        var window = new ReceiveWindow(Limits, TimeProvider.System, roundTrip: null);
        window.TryReceive(1000);
        window.OnSenderBlocked();
        Assert.Equal(2000, window.Take(1000, 0));
        Assert.Equal(2000, window.Size);
        window.TryReceive(2000);
        Assert.Equal(2000, window.Take(2000, 0));
        Assert.Equal(2000, window.Size);
    }

    [Fact]
    public void Take_SenderRanOutAndReceiverIsSlow_StaysSmall()
    {
        var window = new ReceiveWindow(Limits, TimeProvider.System, roundTrip: null);
        window.TryReceive(1000);
        window.OnSenderBlocked();
        Assert.Equal(600, window.Take(600, 400));
        Assert.Equal(1000, window.Size);
    }

    [Theory]
    [InlineData(100, 8000)] // 1,000 bytes take 10 ms: two round trips of 100 ms are 20,000 bytes.
    [InlineData(10, 2000)] // 2,000 bytes take 20 ms, which is two round trips.
    public async Task Take_MeasuredRoundTrip_GrowsToTwiceBandwidthTimesDelay(int roundTripMilliseconds, int expected)
    {
        var time = new ManualTime();
        await using var tunnel = new TunnelPair();
        await using var roundTrip = new TunnelRoundTrip(tunnel.Writer, time);
        time.Advance(TimeSpan.FromMilliseconds(roundTripMilliseconds));
        roundTrip.Receive(new Ping { Id = 1, Answer = true });
        Assert.Equal(TimeSpan.FromMilliseconds(roundTripMilliseconds), roundTrip.Least);
        var window = new ReceiveWindow(Limits with { FreeWindow = 0 }, time, roundTrip);
        for (var i = 0; i < 40; i++)
        {
            // The sender always has more, and 100,000 bytes a second go through.
            window.OnSenderBlocked();
            var bytes = window.Granted - window.Received;
            Assert.True(window.TryReceive(bytes));
            time.Advance(TimeSpan.FromSeconds(bytes / 100_000.0));
            window.Take(bytes, 0);
        }

        Assert.Equal(expected, window.Size);
    }

    [Fact]
    public async Task Take_WindowIsWhatLimits_GrowsHoweverTheBytesFallOnTheGrants()
    {
        var random = SeededRandom.Create(output.WriteLine);
        var time = new ManualTime();
        await using var tunnel = new TunnelPair();
        await using var roundTrip = new TunnelRoundTrip(tunnel.Writer, time);
        time.Advance(TimeSpan.FromMilliseconds(100));
        roundTrip.Receive(new Ping { Id = 1, Answer = true });
        var window = new ReceiveWindow(Limits with { FreeWindow = 0 }, time, roundTrip);
        for (var i = 0; i < 40; i++)
        {
            // All that was granted a round trip ago comes at once, in pieces of any size.
            for (var left = window.Granted - window.Received; left > 0;)
            {
                var piece = random.NextInt64(1, left + 1);
                Assert.True(window.TryReceive(piece));
                left -= piece;
                window.Take(piece, 0);
            }

            window.OnSenderBlocked();
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(Limits.MaxWindow, window.Size);
    }

    [Fact]
    public void Take_BudgetIsTight_DoesNotGrow()
    {
        var budget = new ByteBudget(1000);
        var window = new ReceiveWindow(Limits with { Budget = budget }, TimeProvider.System, roundTrip: null);
        budget.Add(500);
        window.TryReceive(1000);
        window.OnSenderBlocked();
        Assert.Equal(1000, window.Take(1000, 0));
    }

    [Fact]
    public void Take_BudgetIsPromisedToAnother_DoesNotGrow_UntilThatOneHasEnded()
    {
        var budget = new ByteBudget(3000);
        var (first, second) = (Open(budget), Open(budget));
        Assert.Equal(2000, Fill(first));
        Assert.Equal(1000, budget.Promised);
        Assert.Equal(2000, Fill(second));
        Assert.Equal(2000, Fill(first));
        Assert.Equal(2000, budget.Promised);

        first.End();

        Assert.Equal(4000, Fill(second));
        Assert.Equal(3000, budget.Promised);
        second.End();
        Assert.Equal(0, budget.Promised);
    }

    [Fact]
    public void Take_BudgetIsScarce_SenderThatDoesNotWait_GivesBackDownToTheFirstWindow()
    {
        var budget = new ByteBudget(1000);
        var window = Open(budget);
        Assert.Equal(2000, Fill(window));
        Assert.True(budget.IsScarce);
        Assert.True(window.TryReceive(2000));

        Assert.Equal(0, window.Take(1000, 1000));

        Assert.Equal((1000, 0), (window.Size, budget.Promised));
        Assert.Equal(500, window.Take(500, 500));
        Assert.Equal(1000, window.Size);
    }

    [Fact]
    public void Take_AfterTheEnd_PromisesNothing()
    {
        var budget = new ByteBudget(1000);
        var window = Open(budget);
        window.End();

        Assert.Equal(1000, Fill(window));

        Assert.Equal(0, budget.Promised);
    }

    [Fact]
    public void TryReceive_MoreThanGranted_IsRefused()
    {
        var window = new ReceiveWindow(Limits, TimeProvider.System, roundTrip: null);
        Assert.True(window.TryReceive(1000));
        Assert.False(window.TryReceive(1));
    }

    [Fact]
    public void Window_RandomTraffic_ConservesEveryByte()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var round = 0; round < 200; round++)
        {
            var budget = new ByteBudget(random.Next(2 * Limits.MaxWindow));
            var window = Open(budget);
            long credit = Limits.InitialWindow, queued = 0;
            for (var step = 0; step < 500; step++)
            {
                if (credit == 0 && random.Next(3) > 0)
                {
                    window.OnSenderBlocked();
                }

                var send = random.NextInt64(0, credit + 1);
                Assert.True(window.TryReceive(send));
                credit -= send;
                queued += send;
                var take = random.NextInt64(0, queued + 1);
                queued -= take;
                credit += window.Take(take, queued);
                Assert.Equal(window.Granted, window.Received + credit);
                Assert.InRange(window.Size, Limits.InitialWindow, Limits.MaxWindow);
                Assert.InRange(credit + queued, 0, window.Size);
                Assert.Equal(window.Size - Limits.InitialWindow, budget.Promised);
                Assert.InRange(budget.Promised, 0, budget.Capacity);
            }

            // However it went, a receiver that takes all leaves the sender at least half a window.
            Assert.True(credit + window.Take(queued, 0) >= window.Size / 2);
        }
    }

    private static ReceiveWindow Open(ByteBudget budget) => new(Limits with { Budget = budget }, TimeProvider.System, roundTrip: null);

    /// <summary>A sender that has more sends all it may, and a receiver takes it; the credit that comes of it.</summary>
    private static long Fill(ReceiveWindow window)
    {
        var bytes = window.Granted - window.Received;
        Assert.True(window.TryReceive(bytes));
        window.OnSenderBlocked();
        return window.Take(bytes, 0);
    }
}
