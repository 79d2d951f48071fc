using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent.Targets;

/// <summary>
/// How much to ask a target's socket for: doubled when the last read filled its buffer, halved when it used less than a
/// quarter. A chatty connection stays at one page, a download gets to a whole packet.
/// </summary>
internal struct ReadSize
{
    public const int Least = 4 * 1024;

    /// <summary>So much that a packet of it, with its header, is of the pools' size.</summary>
    public const int Most = 64 * 1024 - PayloadBlock.HeaderRoom;

    public ReadSize() => Bytes = Least;

    public int Bytes { get; private set; }

    public void Observe(int asked, int got)
    {
        if (got >= asked)
        {
            Bytes = Math.Min(asked * 2, Most);
        }
        else if (got < Bytes / 4)
        {
            Bytes = Math.Max(Bytes / 2, Least);
        }
    }
}
