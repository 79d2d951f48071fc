using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Agents;

/// <summary>
/// The ping of agents that know none: CLOSE_REQ for an id that no connection can have, which every agent answers by CLOSE_RSP and
/// thinks no more of. It is sent when an agent has said nothing for a while, and whatever the agent says then is an answer.
/// </summary>
/// <param name="writer">Of the agent's stream.</param>
/// <param name="time">The clock.</param>
internal sealed class SilenceProbe(TunnelWriter writer, TimeProvider time)
{
    /// <summary>What the probe asks about.</summary>
    public const long NoConnection = -1;

    private const long Unasked = -1;

    /// <summary>With the limit of silence and a look a second a dead tunnel is out of routing within 25 s of its last byte.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(10);

    private long _heard = time.GetTimestamp();
    private long _asked = Unasked;

    /// <summary>How long an answer has been due; zero when none is.</summary>
    public TimeSpan SilentFor => Volatile.Read(ref _asked) is var asked && asked != Unasked ? time.GetElapsedTime(asked) : TimeSpan.Zero;

    /// <summary>The agent has said something.</summary>
    public void Hear()
    {
        Volatile.Write(ref _heard, time.GetTimestamp());
        Volatile.Write(ref _asked, Unasked);
    }

    /// <summary>To be called about once a second, and by one caller.</summary>
    public void AskIfIdle()
    {
        if (Volatile.Read(ref _asked) == Unasked && time.GetElapsedTime(Volatile.Read(ref _heard)) >= IdleLimit)
        {
            Volatile.Write(ref _asked, time.GetTimestamp());
            writer.TrySend(PacketFactory.CloseRequest(NoConnection));
        }
    }
}
