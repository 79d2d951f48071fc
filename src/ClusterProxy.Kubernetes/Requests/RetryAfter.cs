using System.Globalization;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>The Retry-After header, RFC 9110 10.2.3: whole seconds, or a date.</summary>
public static class RetryAfter
{
    /// <summary>More than any caller would wait, and far from overflowing a timer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Null when the text is neither; never negative, never above a day.</summary>
    public static TimeSpan? Parse(string text, DateTimeOffset now)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed.Length > 0 && !trimmed.ContainsAnyExceptInRange('0', '9'))
        {
            return long.TryParse(trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < Longest.TotalSeconds
                ? TimeSpan.FromSeconds(seconds)
                : Longest;
        }

        return DateTimeOffset.TryParseExact(trimmed, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? TimeSpan.FromTicks(Math.Clamp((date - now).Ticks, 0, Longest.Ticks))
            : null;
    }

    internal static TimeSpan? Of(HttpResponseMessage response, TimeProvider time) =>
        response.Headers.NonValidated.TryGetValues("Retry-After", out var values) && values.FirstOrDefault() is { } value
            ? Parse(value, time.GetUtcNow())
            : null;
}
