namespace ClusterProxy.Hosting.Flags;

/// <summary>
/// Whole numbers as Go's flag packages read them: decimal, <c>0x</c>, <c>0o</c>, <c>0b</c>, a leading zero for octal, and
/// underscores between the digits of a number that carries a base prefix.
/// </summary>
internal static class GoInteger
{
    public static bool TryParse(string text, out long value)
    {
        value = 0;
        var digits = text.AsSpan();
        var negative = digits is ['-', ..];
        if (digits is ['-' or '+', ..])
        {
            digits = digits[1..];
        }

        var numberBase = ReadBase(ref digits, out var separated);
        if (digits.IsEmpty)
        {
            return false;
        }

        var total = UInt128.Zero;
        var afterDigit = separated;
        foreach (var c in digits)
        {
            if (c == '_' && afterDigit && separated)
            {
                afterDigit = false;
                continue;
            }

            var digit = char.IsAsciiHexDigit(c) ? Convert.ToUInt32(c.ToString(), 16) : uint.MaxValue;
            total = total * numberBase + digit;
            if (digit >= numberBase || total > (UInt128)long.MaxValue + 1)
            {
                return false;
            }

            afterDigit = true;
        }

        if (!afterDigit || (!negative && total > long.MaxValue))
        {
            return false;
        }

        value = negative ? (long)-(Int128)total : (long)total;
        return true;
    }

    private static uint ReadBase(ref ReadOnlySpan<char> digits, out bool separated)
    {
        var (numberBase, prefix) = digits switch
        {
            ['0', 'x' or 'X', ..] => (16u, 2),
            ['0', 'o' or 'O', ..] => (8u, 2),
            ['0', 'b' or 'B', ..] => (2u, 2),
            ['0', _, ..] => (8u, 1),
            _ => (10u, 0),
        };
        digits = digits[prefix..];
        separated = prefix > 0;
        return numberBase;
    }
}
