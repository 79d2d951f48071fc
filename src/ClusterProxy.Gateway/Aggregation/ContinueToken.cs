using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>Where the next page of a list begins. Opaque to clients.</summary>
/// <param name="Version">Of the first page: from there a watch hears all that later pages may show too new.</param>
/// <param name="Last">The last object of the page before.</param>
internal readonly record struct ContinueToken(ulong Version, ListPosition Last)
{
    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Version} {Last.CreatedAt.UtcTicks} {Last.Name}")));

    public static bool TryParse(string text, [NotNullWhen(true)] out ContinueToken? token)
    {
        token = null;
        try
        {
            if (Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ', 3) is [var version, var ticks, var name]
                && ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
                && time <= DateTimeOffset.MaxValue.UtcTicks)
            {
                token = new ContinueToken(number, new ListPosition(new DateTimeOffset(time, TimeSpan.Zero), name));
            }
        }
        catch (FormatException)
        {
            // Not one of ours.
        }

        return token is not null;
    }
}
