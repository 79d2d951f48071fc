using System.Globalization;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>
/// Numbers as Go's strconv writes them with format 'g' and shortest precision, which is what Prometheus exporters print and what
/// dashboards match in <c>le</c> labels: exponents from 1e-05 down and from 1e+06 up.
/// </summary>
internal static class GoFloat
{
    public static string Format(double value)
    {
        if (double.IsNaN(value))
        {
            return "NaN";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "+Inf" : "-Inf";
        }

        if (value == 0)
        {
            return double.IsNegative(value) ? "-0" : "0";
        }

        var (digits, exponent) = Decompose(Math.Abs(value));
        var text = exponent is < -4 or >= 6
            ? Scientific(digits, exponent)
            : Positional(digits, exponent);
        return value < 0 ? "-" + text : text;
    }

    private static string Scientific(string digits, int exponent)
    {
        var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
        return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static string Positional(string digits, int exponent)
    {
        if (exponent < 0)
        {
            return "0." + new string('0', -exponent - 1) + digits;
        }

        return digits.Length <= exponent + 1
            ? digits.PadRight(exponent + 1, '0')
            : $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>The shortest digits that read back as the value, and the power of ten of the first one.</summary>
    private static (string Digits, int Exponent) Decompose(double value)
    {
        // "E16" is not shortest, "R" is, but switches notation: so both of its notations are taken apart.
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var power = mark < 0 ? 0 : int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = mark < 0 ? text : text[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa.Length : point;
        var all = point < 0 ? mantissa : mantissa.Remove(point, 1);
        var significant = all.TrimStart('0');
        var leadingZeros = all.Length - significant.Length;
        return (significant.TrimEnd('0'), whole - leadingZeros - 1 + power);
    }
}
