namespace ClusterProxy.Testing.Relays;

/// <summary>
/// Faults in an order that a seed decides. Each waits for bytes to pass, so that it strikes in the middle of a transfer on a
/// fast machine and on a slow one; where none pass it strikes all the same.
/// </summary>
public sealed class FaultPlan
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private static readonly FaultKind[] Disturbances = [FaultKind.Delay, FaultKind.Rate, FaultKind.Fragments, FaultKind.Stall];
    private static readonly FaultKind[] Breaks = [FaultKind.Cut, FaultKind.Reset, FaultKind.HalfClose, FaultKind.BlackHole];

    private FaultPlan(int seed, IReadOnlyList<Fault> faults)
    {
        Seed = seed;
        Faults = faults;
    }

    public int Seed { get; }

    public IReadOnlyList<Fault> Faults { get; }

    /// <summary>The fault that ends connections; null when the plan only disturbs.</summary>
    public FaultKind? Break => Faults[^1].Kind >= FaultKind.Cut ? Faults[^1].Kind : null;

    /// <summary>The same for the same arguments, always.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="breaks">Whether the last fault ends connections.</param>
    /// <param name="bytes">About as many are expected in each direction.</param>
    public static FaultPlan Create(int seed, bool breaks, int bytes)
    {
        var random = new Random(seed);
        var faults = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Disturb(random, bytes)).ToList();
        if (breaks)
        {
            var kind = Breaks[random.Next(Breaks.Length)];
            faults.Add(new Fault(
                kind, random.Next(2) == 0, random.Next(bytes), TimeSpan.FromMilliseconds(random.Next(20, 200)), random.Next(1, 100_000)));
        }

        return new FaultPlan(seed, faults);
    }

    /// <summary>Lets the faults happen one after the other; afterwards the relay is as good as new.</summary>
    public async Task RunAsync(TcpRelay relay, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var fault in Faults)
        {
            var direction = fault.TowardDestination ? relay.ToDestination : relay.ToSource;
            var moment = direction.BytesPassed.WaitForAtLeastAsync(direction.BytesPassed.Value + fault.AfterBytes);
            await Task.WhenAny(moment, Task.Delay(Patience, time, cancellationToken));
            Strike(fault, relay, direction);
            await Task.Delay(fault.Lasts, time, cancellationToken);
            if (fault.Kind == FaultKind.BlackHole || direction.TakeBackCut())
            {
                relay.Mend();
                relay.Cut(fault.Kind != FaultKind.Cut);
            }

            relay.Mend();
        }
    }

    public override string ToString() => $"plan {Seed}: {string.Join("; ", Faults)}";

    private static Fault Disturb(Random random, int bytes)
    {
        var kind = Disturbances[random.Next(Disturbances.Length)];
        var amount = kind switch
        {
            FaultKind.Delay => random.Next(1, 40),
            FaultKind.Rate => random.Next(200_000, 20_000_000),
            FaultKind.Fragments => random.Next(1, 3) * random.Next(1, 1500),
            _ => 0,
        };
        return new Fault(kind, random.Next(2) == 0, random.Next(bytes / 4), TimeSpan.FromMilliseconds(random.Next(20, 200)), amount);
    }

    private static void Strike(Fault fault, TcpRelay relay, RelayDirection direction)
    {
        switch (fault.Kind)
        {
            case FaultKind.Delay:
                var delay = TimeSpan.FromMilliseconds(fault.Amount);
                direction.Conditions = new RelayConditions { Delay = delay, Jitter = delay / 2 };
                break;
            case FaultKind.Rate:
                direction.Conditions = new RelayConditions { BytesPerSecond = fault.Amount };
                break;
            case FaultKind.Fragments:
                direction.Conditions = new RelayConditions { MaxPiece = fault.Amount };
                break;
            case FaultKind.Stall:
                direction.Mode = RelayMode.Stall;
                break;
            case FaultKind.Cut or FaultKind.Reset:
                direction.CutAfter(fault.Amount, fault.Kind == FaultKind.Reset);
                break;
            case FaultKind.HalfClose:
                relay.HalfClose(fault.TowardDestination);
                break;
            case FaultKind.BlackHole:
                direction.Mode = RelayMode.BlackHole;
                break;
        }
    }
}
