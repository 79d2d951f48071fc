using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Protocol;

/// <summary>
/// The W3C trace context of one dial. On the way to an agent a connection is a span of the frontend's trace and that span's id is the
/// connection's id, so one text carries both. Normative text: proto/README.md, section "trace".
/// </summary>
/// <remarks>Source: W3C Trace Context, section "traceparent header".</remarks>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="SpanId">16 hexadecimal digits.</param>
/// <param name="Flags">Two hexadecimal digits.</param>
internal readonly record struct TraceParent(string TraceId, string SpanId, string Flags)
{
    private const int Length = 55;
    private const int TraceIdStart = 3;
    private const int SpanIdStart = 36;
    private const int FlagsStart = 53;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <param name="text">As a peer sent it; anything that is not exactly a traceparent counts as none.</param>
    /// <param name="parent">The result.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out TraceParent parent)
    {
        parent = default;
        if (text is null || text.Length < Length || !IsForm(text))
        {
            return false;
        }

        parent = new(text.Substring(TraceIdStart, 32), text.Substring(SpanIdStart, 16), text.Substring(FlagsStart, 2));
        return IsNotZero(parent.TraceId) && IsNotZero(parent.SpanId);
    }

    /// <summary>A new span of the trace that a frontend named, or of a new trace when it named none.</summary>
    public static TraceParent NewSpan(string? parent) => TryParse(parent, out var known)
        ? known with { SpanId = ActivitySpanId.CreateRandom().ToHexString() }
        : new(ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString(), "00");

    public override string ToString() => $"00-{TraceId}-{SpanId}-{Flags}";

    /// <summary>Later versions may add to the end of the first one's form.</summary>
    private static bool IsForm(string text) =>
        text[2] == '-' && text[SpanIdStart - 1] == '-' && text[FlagsStart - 1] == '-'
        && IsHex(text, 0, 2) && IsHex(text, TraceIdStart, 32) && IsHex(text, SpanIdStart, 16) && IsHex(text, FlagsStart, 2)
        && !text.StartsWith("ff", StringComparison.Ordinal)
        && (text.Length == Length || (text[Length] == '-' && !text.StartsWith("00", StringComparison.Ordinal)));

    private static bool IsHex(string text, int start, int length) =>
        !text.AsSpan(start, length).ContainsAnyExcept(HexDigits);

    private static bool IsNotZero(string id) => id.AsSpan().ContainsAnyExcept('0');
}
