namespace ClusterProxy.Server;

/// <summary>
/// The ids of one stream that ended last. A packet of one of them crossed the end and is nobody's fault; one of any other id is a try.
/// </summary>
/// <remarks>Any thread adds, before the id leaves its table; the stream's reader asks. Nothing is kept before the first id.</remarks>
/// <param name="capacity">Ids that may end while a packet is on its way.</param>
internal sealed class EndedIds(int capacity)
{
    private long[]? _ids;
    private int _count;

    public void Add(long id)
    {
        var ids = Volatile.Read(ref _ids) ?? Interlocked.CompareExchange(ref _ids, new long[capacity], null) ?? _ids!;
        Volatile.Write(ref ids[(uint)Interlocked.Increment(ref _count) % (uint)capacity], id);
    }

    /// <summary>Why a packet is refused that names an id which is in no table.</summary>
    /// <param name="id">Of the connection or dial.</param>
    /// <param name="otherwise">Where the id is not among those that ended last.</param>
    public PacketRefusal Refusal(long id, PacketRefusal otherwise) => Contains(id) ? PacketRefusal.Late : otherwise;

    public bool Contains(long id) => id != 0 && Volatile.Read(ref _ids).AsSpan().Contains(id);
}
