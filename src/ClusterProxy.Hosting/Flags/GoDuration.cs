using System.Buffers;
using System.Globalization;

namespace ClusterProxy.Hosting.Flags;

/// <summary>
/// Durations as Go writes and reads them (<c>1h30m</c>, <c>500ms</c>, <c>-1.5s</c>). A <see cref="TimeSpan"/> counts in
/// 100 ns, so finer parts are dropped; but what is not zero stays at least 100 ns, because zero often means "off".
/// </summary>
public static class GoDuration
{
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000_000;
    private const long Second = 1_000_000_000;
    private const int NanosecondsPerTick = 100;

    // Digits past these change nothing at nanosecond precision, and 128 bits hold them times an hour.
    private const long MaxScale = 1_000_000_000_000_000_000;

    private static readonly SearchValues<char> _numberCharacters = SearchValues.Create(".0123456789");

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        var negative = text is ['-', ..];
        if (text is ['-' or '+', ..])
        {
            text = text[1..];
        }

        if (text is "0")
        {
            return true;
        }

        // Go counts in signed 64-bit nanoseconds; the smallest one has no positive twin.
        var limit = (UInt128)long.MaxValue + (negative ? 1u : 0u);
        var total = UInt128.Zero;
        do
        {
            if (!TryReadPart(ref text, out var part) || (total += part) > limit)
            {
                return false;
            }
        }
        while (!text.IsEmpty);

        var ticks = (long)(total / NanosecondsPerTick);
        if (ticks == 0 && total > 0)
        {
            ticks = 1;
        }

        value = new TimeSpan(negative ? -ticks : ticks);
        return true;
    }

    public static string Format(TimeSpan value)
    {
        var nanoseconds = Math.Abs((decimal)value.Ticks) * NanosecondsPerTick;
        var sign = value < TimeSpan.Zero ? "-" : "";
        if (nanoseconds == 0)
        {
            return "0s";
        }

        if (nanoseconds < Second)
        {
            var (unit, name) = nanoseconds switch
            {
                < Microsecond => (1L, "ns"),
                < Millisecond => (Microsecond, "µs"),
                _ => (Millisecond, "ms"),
            };
            return sign + Decimal(nanoseconds, unit) + name;
        }

        var seconds = Decimal(nanoseconds % (60 * Second), Second) + "s";
        var minutes = decimal.Truncate(nanoseconds / (60 * Second));
        return (decimal.Truncate(minutes / 60), minutes % 60) switch
        {
            var (hours, rest) when hours > 0 => $"{sign}{hours}h{rest}m{seconds}",
            var (_, rest) when rest > 0 => $"{sign}{rest}m{seconds}",
            _ => sign + seconds,
        };
    }

    /// <summary>One number with its unit; false for anything else, and for what 64 bits of nanoseconds cannot hold.</summary>
    private static bool TryReadPart(ref ReadOnlySpan<char> text, out UInt128 nanoseconds)
    {
        nanoseconds = 0;
        var whole = UInt128.Zero;
        var at = 0;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            whole = whole * 10 + (uint)(text[at] - '0');
            if (whole > long.MaxValue)
            {
                return false;
            }
        }

        var digits = at;
        var fraction = UInt128.Zero;
        var scale = UInt128.One;
        if (at < text.Length && text[at] == '.')
        {
            for (at++; at < text.Length && char.IsAsciiDigit(text[at]); at++)
            {
                digits++;
                if (scale < MaxScale)
                {
                    fraction = fraction * 10 + (uint)(text[at] - '0');
                    scale *= 10;
                }
            }
        }

        text = text[at..];
        var end = text.IndexOfAny(_numberCharacters);
        var name = end < 0 ? text : text[..end];
        var unit = name switch
        {
            "ns" => 1,
            "us" or "µs" or "μs" => Microsecond,
            "ms" => Millisecond,
            "s" => Second,
            "m" => 60 * Second,
            "h" => 3600 * Second,
            _ => 0,
        };
        text = text[name.Length..];
        nanoseconds = whole * (ulong)unit + fraction * (ulong)unit / scale;
        return digits > 0 && unit > 0;
    }

    private static string Decimal(decimal value, long unit) =>
        (value / unit).ToString("0.#########", CultureInfo.InvariantCulture);
}
