namespace ClusterProxy.Client.Tests.Servers;

/// <summary>The system's clock, put forward when it is told to. Timers run as ever, so whatever waits for one goes on.</summary>
internal sealed class SkippingTime : TimeProvider
{
    private long _ahead;

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);

    public void Skip(TimeSpan time) => Interlocked.Add(ref _ahead, (long)(time.TotalSeconds * TimestampFrequency));
}
