using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Client.Tests;

/// <summary>Disposing waits for nothing, and nothing is lost by it.</summary>
public sealed class TunnelStreamDisposeTests : IDisposable
{
    private static readonly byte[] Last = "last words"u8.ToArray();

    private readonly ManualTime _time = new();
    private readonly ClientInstrument _gauge = ClientInstrument.Connections();

    public static TheoryData<TunnelTransport> Transports => [TunnelTransport.Grpc, TunnelTransport.Lane, TunnelTransport.HttpConnect];

    public void Dispose() => _gauge.Dispose();

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task DisposeAsync_BeforeTheFarEndHasAnswered_IsDone(TunnelTransport transport)
    {
        await using var far = await ConnectAsync(transport);
        await far.Stream.WriteAsync(Last).DefaultTimeout();

        await far.Stream.DisposeAsync().DefaultTimeout();

        await far.ExpectEndAsync(Last);
        await far.AnswerCloseAsync();
        await far.Stream.CloseAsync().DefaultTimeout();
        await far.Client.DisposeAsync().DefaultTimeout();
        Assert.Equal(0, _gauge.Value);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Client_DisposedRightBehind_SeesTheCloseThrough(TunnelTransport transport)
    {
        await using var far = await ConnectAsync(transport);
        var bytes = SeededBytes.Create(seed: 3, length: 50_000);
        await far.Stream.WriteAsync(bytes).DefaultTimeout();

        far.Stream.Dispose();
        var disposal = far.Client.DisposeAsync().AsTask();

        await far.ExpectEndAsync(bytes);
        Assert.False(disposal.IsCompleted);
        await far.AnswerCloseAsync();
        await disposal.DefaultTimeout();
        Assert.Equal(0, _gauge.Value);

        // Throws if the connection was cut before the answer.
        await far.Stream.CloseAsync().DefaultTimeout();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Client_DisposedWithACloseThatIsNotAnswered_WaitsForTheCloseTimeout(TunnelTransport transport)
    {
        await using var far = await ConnectAsync(transport);
        await far.Stream.WriteAsync(Last).DefaultTimeout();
        far.Stream.Dispose();
        await far.ExpectEndAsync(Last);

        var disposal = far.Client.DisposeAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(disposal.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        await disposal.DefaultTimeout();
        Assert.Equal(0, _gauge.Value);
        var error = await Assert.ThrowsAsync<IOException>(() => far.Stream.CloseAsync()).DefaultTimeout();
        Assert.EndsWith("within 10 s", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task CloseAsync_Cancelled_LeavesTheCloseRunning(TunnelTransport transport)
    {
        await using var far = await ConnectAsync(transport);
        using var cancel = new CancellationTokenSource();
        await far.Stream.WriteAsync(Last).DefaultTimeout();

        var closing = far.Stream.CloseAsync(cancel.Token);
        await far.ExpectEndAsync(Last);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => closing).DefaultTimeout();

        await far.AnswerCloseAsync();
        await far.Stream.CloseAsync().DefaultTimeout();
    }

    [Fact]
    public async Task DisposeAsync_WithoutCredit_SendsTheRestWhenThereIsSome()
    {
        await using var far = (LaneFarEnd)await ConnectAsync(TunnelTransport.Lane);
        var bytes = await WriteMoreThanTheCreditAsync(far);

        await far.Stream.DisposeAsync().DefaultTimeout();
        var disposal = far.Client.DisposeAsync().AsTask();
        await far.ExpectDataAsync(bytes[..Credit]);
        Assert.False(disposal.IsCompleted);
        await far.GrantAsync(Credit);

        await far.ExpectEndAsync(bytes[Credit..]);
        await far.AnswerCloseAsync();
        await disposal.DefaultTimeout();
        Assert.Equal(0, _gauge.Value);
    }

    [Fact]
    public async Task DisposeAsync_WithoutCreditUntilTheCloseTimeout_TellsTheFarEndOfTheLoss()
    {
        await using var far = (LaneFarEnd)await ConnectAsync(TunnelTransport.Lane);
        var bytes = await WriteMoreThanTheCreditAsync(far);

        await far.Stream.DisposeAsync().DefaultTimeout();
        await far.ExpectDataAsync(bytes[..Credit]);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(PacketType.CloseReq, (await far.Lane.NextAsync()).Type);
        await Assert.ThrowsAsync<IOException>(() => far.Stream.CloseAsync()).DefaultTimeout();
        await far.Client.DisposeAsync().DefaultTimeout();
        Assert.Equal(0, _gauge.Value);
    }

    // What a peer with credit has granted by the answer to the dial.
    private const int Credit = 64 * 1024;

    private static async Task<byte[]> WriteMoreThanTheCreditAsync(LaneFarEnd far)
    {
        var bytes = SeededBytes.Create(seed: 4, length: Credit + 1000);
        await far.Stream.WriteAsync(bytes).DefaultTimeout();
        return bytes;
    }

    private Task<FarEnd> ConnectAsync(TunnelTransport transport) => FarEnd.ConnectAsync(transport, o =>
    {
        o.TimeProvider = _time;
        o.MeterFactory = _gauge.Factory;
        o.Lanes = transport == TunnelTransport.Lane ? 1 : 0;
    });
}
