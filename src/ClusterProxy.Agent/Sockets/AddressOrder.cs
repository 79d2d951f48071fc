using System.Net;

namespace ClusterProxy.Agent.Sockets;

/// <summary>The order of attempts of RFC 8305, section 4: the resolver's first family first, then families in turn.</summary>
internal static class AddressOrder
{
    public static IReadOnlyList<IPAddress> Interleave(IReadOnlyList<IPAddress> addresses)
    {
        if (addresses.Count < 2)
        {
            return addresses;
        }

        var first = new Queue<IPAddress>(addresses.Where(a => a.AddressFamily == addresses[0].AddressFamily));
        var second = new Queue<IPAddress>(addresses.Where(a => a.AddressFamily != addresses[0].AddressFamily));
        var order = new List<IPAddress>(addresses.Count);
        while (first.Count + second.Count > 0)
        {
            if (first.TryDequeue(out var one))
            {
                order.Add(one);
            }

            if (second.TryDequeue(out var other))
            {
                order.Add(other);
            }
        }

        return order;
    }

    /// <summary>Starts with another address each time, so that a name with many addresses is met in all of them.</summary>
    public static IReadOnlyList<T> Rotate<T>(IReadOnlyList<T> items, int by) =>
        items.Count < 2 ? items : [.. items.Skip(by % items.Count), .. items.Take(by % items.Count)];
}
