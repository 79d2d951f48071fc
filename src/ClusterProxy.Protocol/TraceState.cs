using System.Buffers;

namespace ClusterProxy.Protocol;

/// <summary>
/// The W3C <c>tracestate</c> of a dial: what tracing systems note beside the trace's id. It is passed on as it came, within bounds, and
/// never looked into. Normative text: proto/README.md, section "trace".
/// </summary>
/// <remarks>Source: W3C Trace Context, sections "tracestate header" and "tracestate limits".</remarks>
internal static class TraceState
{
    /// <summary>As much as everybody has to pass on.</summary>
    public const int MaxLength = 512;

    private const int MaxMembers = 32;
    private const int MaxPart = 256;

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-*/@");

    /// <summary>The members that fit, the first ones first; empty when one of them is not of the form.</summary>
    /// <param name="text">As a peer sent it; several headers of one request joined by commas.</param>
    public static string Bound(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var (members, length) = (new List<string>(), -1);
        foreach (var part in text.Split(','))
        {
            var member = part.Trim(' ', '\t');
            if (member.Length > 0 && !IsMember(member))
            {
                return "";
            }

            if (member.Length > 0 && members.Count < MaxMembers && length + 1 + member.Length <= MaxLength)
            {
                members.Add(member);
                length += 1 + member.Length;
            }
        }

        return string.Join(',', members);
    }

    private static bool IsMember(string member)
    {
        var equals = member.IndexOf('=');
        return equals is > 0 and <= MaxPart
            && (char.IsAsciiLetterLower(member[0]) || char.IsAsciiDigit(member[0]))
            && !member.AsSpan(0, equals).ContainsAnyExcept(KeyCharacters)
            && member.Length - equals - 1 is > 0 and <= MaxPart
            && !member.AsSpan(equals + 1).ContainsAnyExceptInRange(' ', '~')
            && !member.AsSpan(equals + 1).Contains('=');
    }
}
