using System.Collections.Concurrent;

namespace ClusterProxy.Server.Agents;

/// <summary>
/// The dials that one tunnel has not answered. Whoever takes a dial out decides its end, so answer, cancellation and the
/// tunnel's end cannot both have it.
/// </summary>
/// <param name="stream">On which they are asked.</param>
internal sealed class PendingDials(AgentStream stream)
{
    private readonly ConcurrentDictionary<long, PendingDial> _dials = new();
    private volatile bool _ended;

    public int Count => _dials.Count;

    /// <summary>Null when the tunnel has ended.</summary>
    public PendingDial? TryAdd()
    {
        while (!_ended)
        {
            var dial = new PendingDial(stream, Random.Shared.NextInt64(1, long.MaxValue));
            if (!_dials.TryAdd(dial.Id, dial))
            {
                continue;
            }

            // The end may have swept the table just before.
            return _ended && TryTake(dial.Id) is not null ? null : dial;
        }

        return null;
    }

    public PendingDial? TryTake(long id) => _dials.TryRemove(id, out var dial) ? dial : null;

    /// <summary>Those that wait now.</summary>
    public IEnumerable<PendingDial> Waiting() => _dials.Values;

    public void EndAll()
    {
        _ended = true;
        foreach (var id in _dials.Keys)
        {
            TryTake(id)?.Complete(DialAnswer.TunnelEnded);
        }
    }
}
