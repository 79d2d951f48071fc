using ClusterProxy.Client.Tunnels;

namespace ClusterProxy.Client.Lanes;

/// <summary>A dial that a lane has asked for. Whoever takes it out of the lane's table decides its end.</summary>
/// <param name="id">Chosen by this client; the server echoes it.</param>
/// <param name="target">What to dial.</param>
internal sealed class LaneDial(long id, TunnelTarget target)
{
    private readonly TaskCompletionSource<PacketStreamEnd?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Id => id;

    public TunnelTarget Target => target;

    /// <summary>The connection, or null when the lane ended first. Fails with <see cref="TunnelConnectException"/>.</summary>
    public Task<PacketStreamEnd?> Answer => _answer.Task;

    public void Complete(PacketStreamEnd? end) => _answer.SetResult(end);

    public void Fail(TunnelConnectException fault) => _answer.SetException(fault);
}
