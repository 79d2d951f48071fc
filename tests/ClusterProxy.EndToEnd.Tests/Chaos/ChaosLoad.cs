using System.Collections.Concurrent;
using ClusterProxy.Client;
using ClusterProxy.EndToEnd.Tests.Faults;

namespace ClusterProxy.EndToEnd.Tests.Chaos;

/// <summary>Transfers of all kinds by every kind of frontend, one after the other each, for as long as it is not stopped.</summary>
internal sealed class ChaosLoad(ChaosPrograms programs, int seed)
{
    private const int Longest = 1_000_000;

    private readonly (string Kind, TunnelClient Client)[] _clients =
    [
        ("grpc", programs.Client(TunnelTransport.Grpc)), ("connect", programs.Client(TunnelTransport.HttpConnect)),
        ("lane", programs.Client(TunnelTransport.Lane, lanes: 2)),
    ];

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, ObservedCount> _complete = new(StringComparer.Ordinal);
    private Task _working = Task.CompletedTask;

    /// <summary>What was killed last.</summary>
    public ChaosVictim? Victim { get; set; }

    /// <summary>Transfers that did not end as they should, with the kind of their frontend and what was killed last.</summary>
    public ConcurrentQueue<(string Kind, ChaosVictim? Victim, TransferResult Result)> Broken { get; } = new();

    public long Complete => _complete.Values.Sum(static c => c.Value);

    public void Start() => _working = Task.WhenAll(_clients.Select((c, i) => WorkAsync(c.Kind, c.Client, new Random(seed + i))));

    /// <summary>Returns when each kind has got so many more through.</summary>
    public Task WaitForMoreAsync(int count) => Task.WhenAll(_clients.Select(c =>
    {
        var complete = Count(c.Kind);
        return complete.WaitForAtLeastAsync(complete.Value + count).DefaultTimeout();
    }));

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _working.DefaultTimeout();
        _stop.Dispose();
    }

    private async Task WorkAsync(string kind, TunnelClient client, Random random)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_stop.IsCancellationRequested)
        {
            var request = new PatternRequest((PatternMode)random.Next((int)PatternMode.Download, (int)PatternMode.Echo + 1), random.Next(), random.Next(Longest));
            var result = await new Transfer(client, programs.Address, request).RunAsync();
            if (result.End == TransferEnd.Complete)
            {
                Count(kind).Increment();
            }
            else
            {
                Broken.Enqueue((kind, Victim, result));

                // Nothing waits for this: it keeps refused dials from taking the processor of who starts again.
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    private ObservedCount Count(string kind) => _complete.GetOrAdd(kind, static _ => new ObservedCount());
}
