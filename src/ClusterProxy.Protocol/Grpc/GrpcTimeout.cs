using System.Globalization;

namespace ClusterProxy.Protocol.Grpc;

/// <summary>The value of <c>grpc-timeout</c>: at most eight digits and a unit of H, M, S, m, u or n.</summary>
/// <remarks>Source: gRPC over HTTP/2, "Timeout".</remarks>
internal static class GrpcTimeout
{
    private const int MaxDigits = 8;

    public static bool TryParse(string value, out TimeSpan timeout)
    {
        timeout = default;
        if (value.Length is < 2 or > MaxDigits + 1 ||
            !long.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return false;
        }

        var ticks = value[^1] switch
        {
            'H' => amount * TimeSpan.TicksPerHour,
            'M' => amount * TimeSpan.TicksPerMinute,
            'S' => amount * TimeSpan.TicksPerSecond,
            'm' => amount * TimeSpan.TicksPerMillisecond,
            'u' => amount * TimeSpan.TicksPerMicrosecond,
            'n' => amount / TimeSpan.NanosecondsPerTick,
            _ => -1,
        };
        timeout = TimeSpan.FromTicks(Math.Max(ticks, 0));
        return ticks >= 0;
    }
}
