using System.IO.Pipelines;
using ClusterProxy.Client.Tunnels;

namespace ClusterProxy.Client.Lanes;

/// <summary>A dial that a lane has asked for. Whoever takes it out of the lane's table decides its end.</summary>
/// <param name="id">Chosen by this client; the server echoes it.</param>
/// <param name="target">What to dial.</param>
/// <param name="scheduler">Where whoever dialed goes on.</param>
internal sealed class LaneDial(long id, TunnelTarget target, PipeScheduler scheduler)
{
    private readonly TaskCompletionSource<PacketStreamEnd?> _answer = new();
    private PacketStreamEnd? _end;
    private TunnelConnectException? _fault;

    public long Id => id;

    public TunnelTarget Target => target;

    /// <summary>The connection, or null when the lane ended first. Fails with <see cref="TunnelConnectException"/>.</summary>
    public Task<PacketStreamEnd?> Answer => _answer.Task;

    public void Complete(PacketStreamEnd? end)
    {
        _end = end;
        scheduler.Schedule(static dial => ((LaneDial)dial!).Answered(), this);
    }

    public void Fail(TunnelConnectException fault)
    {
        _fault = fault;
        scheduler.Schedule(static dial => ((LaneDial)dial!).Answered(), this);
    }

    private void Answered()
    {
        if (_fault is { } fault)
        {
            _answer.SetException(fault);
        }
        else
        {
            _answer.SetResult(_end);
        }
    }
}
