using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ClusterProxy.Hosting.Flags;

internal static class FlagTypes
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(500);

    public static FlagType<bool> Switch { get; } = new(
        "", GoBoolean.TryParse, value => value ? "true" : "false", "is not a boolean: write true or false")
    {
        BareValue = "true",
    };

    public static FlagType<int> Integer { get; } = new(
        "int",
        TryParseInteger,
        value => value.ToString(CultureInfo.InvariantCulture),
        "is not a whole number between -2147483648 and 2147483647: write digits only, such as 8090");

    public static FlagType<long> LongInteger { get; } = new(
        "int",
        GoInteger.TryParse,
        value => value.ToString(CultureInfo.InvariantCulture),
        "is not a whole number of 64 bits: write digits only, such as 1048576");

    public static FlagType<TimeSpan> Duration { get; } = new(
        "duration",
        TryParseDuration,
        GoDuration.Format,
        "is not a duration: write numbers with units, such as 30s, 500ms or 1h30m");

    public static FlagType<TimeSpan> Timer { get; } = Duration with { TryParse = TryParseTimer };

    public static FlagType<string> Text { get; } = new(
        "string",
        TryParseText,
        value => value,
        "is not a text");

    public static FlagType<float> Float { get; } = new(
        "float", TryParseFloat, value => value.ToString(CultureInfo.InvariantCulture), "is not a number: write one such as 50 or 0.5");

    public static FlagType<IReadOnlyList<string>> List { get; } = ListFlagType.Of(Text) with
    {
        Mismatch =
            "is not a comma-separated list: close each quote that you open, and put an item with a comma into quotes",
    };

    private static bool TryParseText(string text, [MaybeNullWhen(false)] out string value)
    {
        value = text;
        return true;
    }

    private static bool TryParseFloat(string text, out float value) =>
        float.TryParse(text, NumberStyles.Float & ~(NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite), null, out value)
        && float.IsFinite(value);

    private static bool TryParseInteger(string text, out int value)
    {
        var inRange = GoInteger.TryParse(text, out var parsed) && parsed is >= int.MinValue and <= int.MaxValue;
        value = inRange ? (int)parsed : 0;
        return inRange;
    }

    private static bool TryParseTimer(string text, out TimeSpan value)
    {
        var parses = GoDuration.TryParse(text, out value);
        value = value < LongestTimer ? value : LongestTimer;
        return parses;
    }

    private static bool TryParseDuration(string text, out TimeSpan value) => GoDuration.TryParse(text, out value);
}
