namespace ClusterProxy.Cli.Demo.Views;

/// <summary>Numbers for people.</summary>
internal static class Readable
{
    public static string Duration(TimeSpan value) => value switch
    {
        { TotalMilliseconds: < 10 } => $"{value.TotalMilliseconds:0.0} ms",
        { TotalSeconds: < 1 } => $"{value.TotalMilliseconds:0} ms",
        _ => $"{value.TotalSeconds:0.0} s",
    };

    /// <summary>Megabytes of 10^6, as network rates are given.</summary>
    public static string Rate(double bytesPerSecond) => $"{bytesPerSecond / 1e6:0.#} MB/s";

    public static string Bytes(long value) => value switch
    {
        >= 1 << 20 when value % (1 << 20) == 0 => $"{value >> 20} MiB",
        >= 1 << 10 when value % (1 << 10) == 0 => $"{value >> 10} KiB",
        _ => $"{value} bytes",
    };
}
