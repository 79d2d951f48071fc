using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace ClusterProxy.Hosting.Flags;

/// <summary>Values of the <c>--…-bind-address</c> flags: an IP address, <c>localhost</c>, or nothing.</summary>
public static class BindAddresses
{
    private const string Mismatch = "is not an IP address: write one such as 127.0.0.1 or ::1";

    /// <summary>Nothing means all interfaces, which <see cref="IPAddress.IPv6Any"/> stands for (IPv4 included).</summary>
    public static FlagType<IPAddress> AllIfEmpty { get; } = new(
        "ip",
        TryParse,
        address => IPAddress.IPv6Any.Equals(address) ? "" : address.ToString(),
        Mismatch);

    private static bool TryParse(string text, [MaybeNullWhen(false)] out IPAddress value)
    {
        value = text switch
        {
            "" => IPAddress.IPv6Any,
            "localhost" => IPAddress.Loopback,
            _ => null,
        };

        // The platform reads "1" and "0x7f.1" as addresses too; Go does not, and they are mistakes.
        return value is not null || ((text.Count(c => c == '.') == 3 || text.Contains(':')) && IPAddress.TryParse(text, out value));
    }
}
