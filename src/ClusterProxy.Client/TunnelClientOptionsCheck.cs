namespace ClusterProxy.Client;

/// <summary>Refuses options that cannot work before anything is dialed with them.</summary>
internal static class TunnelClientOptionsCheck
{
    // The longest a timer can run.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    // Each costs a connection and pings at both ends; there is no use for so many.
    private const int MostLanes = 64;

    public static void ThrowIfInvalid(TunnelClientOptions options)
    {
        CheckTimeout(options.DialTimeout, nameof(options.DialTimeout));
        CheckTimeout(options.ConnectTimeout, nameof(options.ConnectTimeout));
        CheckTimeout(options.CloseTimeout, nameof(options.CloseTimeout));
        CheckPing(options.KeepAliveDelay, nameof(options.KeepAliveDelay));
        CheckPing(options.KeepAliveTimeout, nameof(options.KeepAliveTimeout));
        var leastLanes = options.Transport == TunnelTransport.Lane ? 1 : 0;
        if (options.Lanes < leastLanes || options.Lanes > MostLanes)
        {
            throw new ArgumentException($"{nameof(options.Lanes)} is {options.Lanes}; it must be from {leastLanes} to {MostLanes}");
        }

        if (options.MaxMessageSize < 1)
        {
            throw new ArgumentException($"{nameof(options.MaxMessageSize)} is {options.MaxMessageSize}; it must be at least 1 byte");
        }

        if (options.ClientKeyFile is not null && options.ClientCertificateFile is null)
        {
            throw new ArgumentException(
                $"{nameof(options.ClientKeyFile)} is \"{options.ClientKeyFile}\" without a {nameof(options.ClientCertificateFile)}; set both");
        }

        if (!Enum.IsDefined(options.Transport))
        {
            throw new ArgumentException($"{nameof(options.Transport)} is {options.Transport}, which is no transport");
        }
    }

    private static void CheckTimeout(TimeSpan value, string name)
    {
        if (value != Timeout.InfiniteTimeSpan && (value <= TimeSpan.Zero || value > Longest))
        {
            throw new ArgumentException($"{name} is {value}; it must be positive and at most 49 days, or Timeout.InfiniteTimeSpan");
        }
    }

    private static void CheckPing(TimeSpan value, string name)
    {
        if (value != Timeout.InfiniteTimeSpan && (value < TimeSpan.FromSeconds(1) || value > Longest))
        {
            throw new ArgumentException($"{name} is {value}; it must be at least one second, or Timeout.InfiniteTimeSpan");
        }
    }
}
