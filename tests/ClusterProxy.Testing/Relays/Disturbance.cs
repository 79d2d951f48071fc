namespace ClusterProxy.Testing.Relays;

/// <summary>
/// What befalls a relay all the time: short faults in an order that a seed decides, with pauses between them. Nothing is lost by any of
/// them, and each is over before a deadline, a ping or a stall limit of the product could notice. Only the conditions change, so that a
/// test may turn every other switch of the same relay meanwhile.
/// </summary>
internal sealed class Disturbance(TcpRelay relay, int seed, TimeProvider time)
{
    private static readonly FaultKind[] Kinds = [FaultKind.Delay, FaultKind.Rate, FaultKind.Fragments, FaultKind.Stall];

    private readonly Random _random = new(seed);

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var direction = _random.Next(2) == 0 ? relay.ToDestination : relay.ToSource;
                direction.Conditions = Next();
                await Task.Delay(Milliseconds(5, 40), time, stop);
                direction.Conditions = RelayConditions.Perfect;
                await Task.Delay(Milliseconds(0, 80), time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The relay's end.
        }
    }

    private RelayConditions Next() => Kinds[_random.Next(Kinds.Length)] switch
    {
        FaultKind.Delay => new() { Delay = Milliseconds(1, 5), Jitter = Milliseconds(1, 5) },
        FaultKind.Rate => new() { BytesPerSecond = _random.Next(5_000_000, 50_000_000) },
        FaultKind.Fragments => new() { MaxPiece = _random.Next(1, 3000) },

        // As a stall looks from behind it: nothing for a while, and then all at once.
        _ => new() { Delay = Milliseconds(10, 30) },
    };

    private TimeSpan Milliseconds(int least, int most) => TimeSpan.FromMilliseconds(_random.Next(least, most + 1));
}
