using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ClusterProxy.Protocol.Fleet;

/// <summary>
/// Highest random weight: everyone who knows a key and the members puts the members into the same order, without asking anyone.
/// A member that comes or goes moves only the keys that it takes or had. Normative text with test vectors: proto/README.md,
/// section "servers".
/// </summary>
/// <remarks>SHA-256, so that other programs can repeat it with what every language has; a score costs well under a microsecond.</remarks>
internal static class RendezvousHash
{
    private const int OnStack = 512;

    /// <summary>The member's weight for the key: the larger, the earlier in the order.</summary>
    public static ulong Score(string key, string member)
    {
        var length = Encoding.UTF8.GetByteCount(key) + 1 + Encoding.UTF8.GetByteCount(member);
        var text = length <= OnStack ? stackalloc byte[length] : new byte[length];
        var split = Encoding.UTF8.GetBytes(key, text);
        text[split] = 0;
        Encoding.UTF8.GetBytes(member, text[(split + 1)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    /// <summary>The first members of the key's order; all of them when there are no more than <paramref name="count"/>.</summary>
    /// <param name="key">What is placed, such as a cluster's name.</param>
    /// <param name="members">In any order, no id twice.</param>
    /// <param name="id">A member's id, which is what is hashed.</param>
    /// <param name="count">How many are wanted.</param>
    public static IReadOnlyList<T> First<T>(string key, IEnumerable<T> members, Func<T, string> id, int count) =>
    [
        .. members.OrderByDescending(m => Score(key, id(m))).ThenBy(id, StringComparer.Ordinal).Take(count),
    ];
}
