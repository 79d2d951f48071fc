using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Tunnels;

/// <summary>A connection between two tunnels: 1 toward the target, 9 toward the frontend.</summary>
public sealed class ConnectionSpliceTests : IAsyncLifetime
{
    private const TunnelFeatureSet Features = TunnelFeatureSet.HalfClose | TunnelFeatureSet.Credit;
    private const int Window = 1000;

    private static readonly TunnelLimits Limits = TunnelLimits.Default with { InitialWindow = Window };

    private readonly TunnelPair _target = new(Limits);
    private readonly TunnelPair _frontend = new(Limits);
    private readonly ManualTime _time = new();
    private readonly ConnectionSplice _splice;
    private readonly Task _running;

    public ConnectionSpliceTests()
    {
        ConnectionSplice splice = null!;
        splice = _splice = new ConnectionSplice(
            _target.Connect(1, TunnelRole.Dialer, features: Features),
            _frontend.Connect(9, TunnelRole.Dialed, _ => splice.OnFrontendEnded(), Features), Limits, _time);
        _splice.Start();
        _running = _splice.RunAsync();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _target.DisposeAsync();
        await _frontend.DisposeAsync();
    }

    [Fact]
    public async Task Bytes_GoThrough_AndCreditComesBackAsTheyLeave()
    {
        await _splice.ToFrontend.ReceiveAsync(new(new byte[600])).DefaultTimeout();
        Assert.Equal(["Data 1 600"], await _target.ReadAsync(1).DefaultTimeout());
        Assert.Equal(["Credit 9 600"], await _frontend.ReadAsync(1).DefaultTimeout());

        await _splice.ToTarget.ReceiveAsync(new(new byte[700])).DefaultTimeout();
        Assert.Equal(["Data 9 700"], await _frontend.ReadAsync(1).DefaultTimeout());
        Assert.Equal(["Credit 1 700"], await _target.ReadAsync(1).DefaultTimeout());
    }

    [Fact]
    public async Task Receiver_WithoutCredit_HoldsTheOtherSideBack()
    {
        await _splice.ToFrontend.ReceiveAsync(new(new byte[Window])).DefaultTimeout();
        Assert.Equal(["Data 1 1000"], await _target.ReadAsync(1).DefaultTimeout());
        Assert.Equal(["Credit 9 1000"], await _frontend.ReadAsync(1).DefaultTimeout());
        await _splice.ToFrontend.ReceiveAsync(new(new byte[Window])).DefaultTimeout();

        // Nothing more for the frontend: what it sent is still here.
        Assert.Equal(["Credit 1 0"], await _target.ReadAsync(1).DefaultTimeout());
        Assert.Equal(Window, _splice.ToFrontend.QueuedBytes);
        Assert.Equal(2 * Window, _splice.ToFrontend.Window!.Granted);

        _splice.ToTarget.ReceiveCredit(Window);
        Assert.Equal(["Data 1 1000"], await _target.ReadAsync(1).DefaultTimeout());
        Assert.Equal(["Credit 9 1000"], await _frontend.ReadAsync(1).DefaultTimeout());
    }

    [Fact]
    public async Task HalfClose_OfTheFrontend_ThenOfTheTarget_EndsWithTheAgentsAnswer()
    {
        await _splice.ToFrontend.ReceiveAsync(new(new byte[5])).DefaultTimeout();
        _splice.EndInput();
        Assert.Equal(["Data 1 5", "HalfClose 1"], await _target.ReadAsync(2).DefaultTimeout());
        await _splice.ToTarget.ReceiveAsync(new(new byte[7])).DefaultTimeout();
        _splice.ToTarget.EndByPeer(CloseReason.TargetClosed);

        Assert.Equal(["Data 9 7", "CloseRsp 9"], await _frontend.ReadAsync(2).DefaultTimeout());
        await _running.DefaultTimeout();
    }

    [Fact]
    public async Task HalfClose_OfTheTarget_ThenOfTheFrontend_IsAcknowledgedByTheAgentOnly()
    {
        await _splice.ToTarget.ReceiveAsync(new(new byte[7])).DefaultTimeout();
        _splice.ToTarget.EndInputByHalfClose();
        Assert.Equal(["Data 9 7", "HalfClose 9"], await _frontend.ReadAsync(2).DefaultTimeout());
        _splice.EndInput();
        Assert.Equal(["HalfClose 1"], await _target.ReadAsync(1).DefaultTimeout());
        Assert.False(_splice.ToFrontend.Completion.IsCompleted);

        _splice.ToTarget.EndByPeer(CloseReason.TargetClosed);
        Assert.Equal(["CloseRsp 9"], await _frontend.ReadAsync(1).DefaultTimeout());
        await _running.DefaultTimeout();
    }

    [Fact]
    public async Task Close_FollowsTheLastByte_AndIsAnsweredBehindTheTargetsLast()
    {
        await _splice.ToFrontend.ReceiveAsync(new(new byte[5])).DefaultTimeout();
        _splice.Close();
        _splice.Close();
        Assert.Equal(["Data 1 5", "CloseReq 1"], await _target.ReadAsync(2).DefaultTimeout());
        await _splice.ToTarget.ReceiveAsync(new(new byte[7])).DefaultTimeout();
        _splice.ToTarget.EndByPeer(CloseReason.TargetClosed);

        Assert.Equal(["Data 9 7", "CloseRsp 9"], await _frontend.ReadAsync(2).DefaultTimeout());
        await _running.DefaultTimeout();
        Assert.Null(_splice.ToTarget.LostBy);
    }

    [Fact]
    public async Task Close_ThatTheTargetDoesNotTake_CutsItAfterTheTimeout()
    {
        await _splice.ToFrontend.ReceiveAsync(new(new byte[Window])).DefaultTimeout();
        Assert.Equal(["Data 1 1000"], await _target.ReadAsync(1).DefaultTimeout());
        await _splice.ToFrontend.ReceiveAsync(new(new byte[5])).DefaultTimeout();
        _splice.Close();
        Assert.Equal(["Credit 1 0"], await _target.ReadAsync(1).DefaultTimeout());

        _time.Advance(Limits.CloseTimeout);

        Assert.Equal(["CloseReq 1 cut"], await _target.ReadAsync(1).DefaultTimeout());
        _splice.ToTarget.EndByPeer(CloseReason.TargetClosed);

        // What was dropped may be sent again, so that the frontend gets to its own end.
        Assert.Equal(
            ["Credit 9 1000", "Credit 9 5", $"CloseRsp 9 {CloseReason.CloseTimeout.ToWireText()}"],
            await _frontend.ReadAsync(3).DefaultTimeout());
        await _running.DefaultTimeout();
    }

    [Fact]
    public async Task TunnelToTheAgent_Lost_IsToldToTheFrontend()
    {
        await _splice.ToTarget.ReceiveAsync(new(new byte[7])).DefaultTimeout();
        _splice.Close();
        _splice.ToTarget.EndByPeer(CloseReason.TunnelLost);

        Assert.Equal(["Data 9 7", $"CloseRsp 9 {CloseReason.TunnelLost.ToPeerText()}"], await _frontend.ReadAsync(2).DefaultTimeout());
        await _running.DefaultTimeout();
    }

    [Fact]
    public async Task Frontend_Lost_CutsTheTarget_InsteadOfEndingIt()
    {
        await _splice.ToFrontend.ReceiveAsync(new(new byte[5])).DefaultTimeout();
        Assert.Equal(["Data 1 5"], await _target.ReadAsync(1).DefaultTimeout());
        _splice.ToFrontend.EndByPeer(CloseReason.FrontendLost);

        Assert.Equal(["CloseReq 1 cut"], await _target.ReadAsync(1).DefaultTimeout());
        _splice.ToTarget.EndByPeer(CloseReason.TargetClosed);
        await _running.DefaultTimeout();
        Assert.Equal(CloseReason.FrontendLost, _splice.ToTarget.Reason);
    }

    [Fact]
    public async Task Frontend_ThatSendsWithoutCredit_CutsTheTarget()
    {
        await _splice.ToFrontend.ReceiveAsync(new(new byte[Window + 1])).DefaultTimeout();

        Assert.Equal([$"CloseRsp 9 {CloseReason.ProtocolError.ToWireText()}"], await _frontend.ReadAsync(1).DefaultTimeout());
        Assert.Equal(["CloseReq 1 cut"], await _target.ReadAsync(1).DefaultTimeout());
        _splice.ToTarget.EndByPeer(CloseReason.TargetClosed);
        await _running.DefaultTimeout();
    }

    [Fact]
    public async Task Cut_OfTheFrontend_EndsBothAtOnce()
    {
        _splice.Cut(CloseReason.FrontendLost);

        Assert.Equal(["CloseRsp 9"], await _frontend.ReadAsync(1).DefaultTimeout());
        Assert.Equal(["CloseReq 1 cut"], await _target.ReadAsync(1).DefaultTimeout());
        _splice.ToTarget.EndByPeer(CloseReason.TargetClosed);
        await _running.DefaultTimeout();
    }

    [Fact]
    public async Task Frontend_ThatTakesNothingOfAnEndedConnection_LosesItAfterTheStallLimit()
    {
        await _splice.ToTarget.ReceiveAsync(new(new byte[Window])).DefaultTimeout();
        Assert.Equal(["Data 9 1000"], await _frontend.ReadAsync(1).DefaultTimeout());
        await _splice.ToTarget.ReceiveAsync(new(new byte[5])).DefaultTimeout();
        Assert.Equal(["Credit 9 0"], await _frontend.ReadAsync(1).DefaultTimeout());
        _splice.ToTarget.EndByPeer(CloseReason.TargetClosed);

        // The first wait notes how much there is, the second that none of it was taken.
        while (!_running.IsCompleted)
        {
            _time.Advance(Limits.StallLimit);
            await Task.Yield();
        }

        Assert.Equal([$"CloseRsp 9 {CloseReason.Stalled.ToWireText()}"], await _frontend.ReadAsync(1).DefaultTimeout());
        Assert.Equal(0, _splice.ToTarget.QueuedBytes);
    }
}
