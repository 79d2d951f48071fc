using System.Threading.Channels;

namespace ClusterProxy.Agent.Servers;

/// <summary>
/// When the next attempt to connect comes: after a pause that grows with failures, or soon after a tunnel was lost. One loop waits,
/// anyone may cut it short.
/// </summary>
internal sealed class AttemptPace
{
    private readonly ServerPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ReconnectDelay _delay;
    private readonly ReconnectDelay _lossDelay;
    private readonly ReconnectDelay _probeDelay;
    private readonly Channel<TimeSpan> _lost = Channel.CreateBounded<TimeSpan>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public AttemptPace(ServerPoolOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _delay = new ReconnectDelay(options.SyncInterval, options.SyncIntervalCap, Random.Shared.NextDouble);
        _lossDelay = new ReconnectDelay(options.SyncInterval, options.SyncIntervalCap, Random.Shared.NextDouble);
        _probeDelay = new ReconnectDelay(options.SyncInterval, options.ProbeCap, Random.Shared.NextDouble);
    }

    /// <summary>There may be something to connect to: the pause is over.</summary>
    public void LookAgain() => Lost(TimeSpan.MaxValue);

    /// <summary>A tunnel has ended.</summary>
    /// <param name="age">How long it lasted.</param>
    public void Lost(TimeSpan age) => _lost.Writer.TryWrite(age);

    /// <summary>Returns after the pause, or soon after a tunnel was lost.</summary>
    public async Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        using var pause = new CancellationTokenSource(delay, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, cancellationToken);
        TimeSpan age;
        try
        {
            age = await _lost.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }

        // A server that accepts tunnels and drops them must not be asked without end.
        var lasted = age >= _options.SyncIntervalCap;
        if (lasted)
        {
            _lossDelay.Reset();
        }

        _probeDelay.Reset();
        await Task.Delay(lasted ? _delay.Spread() : _lossDelay.Next(), _time, cancellationToken);
    }

    /// <summary>The pause after an attempt that failed.</summary>
    /// <param name="isCovered">
    /// Others have taken the server's place: there is no hurry, and all of its agents would come the moment it is back.
    /// </param>
    public TimeSpan Failed(bool isCovered = false) => isCovered ? _options.SyncIntervalCap * Random.Shared.NextDouble() : _delay.Next();

    /// <summary>The pause after one that opened a tunnel.</summary>
    public TimeSpan Connected()
    {
        _delay.Reset();
        _probeDelay.Reset();
        return _delay.Base();
    }

    /// <summary>The pause after one that led to a server which has a tunnel.</summary>
    /// <param name="isExpected">More servers wait behind the same address, so that this is no sign to ask less often.</param>
    public TimeSpan Duplicate(bool isExpected)
    {
        _delay.Reset();
        return isExpected ? _delay.Base() : _probeDelay.Next();
    }
}
