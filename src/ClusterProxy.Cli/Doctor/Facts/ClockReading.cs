namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>Another machine's clock, as its answer's Date header tells it: to the second, cut off.</summary>
/// <param name="There">The header.</param>
/// <param name="Here">This machine's clock halfway through the request.</param>
/// <param name="Margin">How far off the comparison may be.</param>
internal sealed record ClockReading(DateTimeOffset There, DateTimeOffset Here, TimeSpan Margin)
{
    /// <summary>The header is cut to the second, and servers write it once a second.</summary>
    private static readonly TimeSpan HalfOfHeader = TimeSpan.FromSeconds(1);

    /// <summary>How far the other clock is ahead, by the middle of what the header may mean.</summary>
    public TimeSpan Ahead => There + HalfOfHeader - Here;

    public static ClockReading? Of(DateTimeOffset? date, DateTimeOffset asked, TimeSpan took) =>
        date is { } there ? new ClockReading(there, asked + (took / 2), HalfOfHeader + (took / 2)) : null;
}
