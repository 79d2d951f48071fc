namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>How an owner takes and gives: in whichever pieces, sooner or later, or for a while not at all.</summary>
internal sealed class SimulatedPace(SimulatedWorld world)
{
    private readonly int _slowness = world.Random.Next(1, 5);
    private bool _stops = world.Options.HasSlowOwners && world.Random.Next(4) == 0;

    public bool Chance(int oneOf) => world.Random.Next(oneOf) == 0;

    public int Length() => Chance(8) ? 0 : world.Random.Next(world.Options.Longest);

    public int Piece(long most) => world.Random.Next(2) == 0 ? (int)most : (int)world.Random.NextInt64(Math.Min(most, 1), most + 1);

    public async ValueTask WaitAsync()
    {
        while (world.Random.Next(5) < _slowness)
        {
            await world.Scheduler.YieldAsync();
        }

        if (_stops && Chance(4))
        {
            _stops = false;
            await world.DelayAsync(TimeSpan.FromSeconds(30));
        }
    }
}
