namespace ClusterProxy.Hosting.Memory;

/// <summary>What a process has done, in bytes.</summary>
/// <param name="Allocated">Of objects.</param>
/// <param name="Moved">Of payload that went through it.</param>
internal readonly record struct Work(long Allocated, long Moved)
{
    /// <summary>Of what is done in a second.</summary>
    public Work During(TimeSpan time) => new((long)(Allocated * time.TotalSeconds), (long)(Moved * time.TotalSeconds));

    public Work Since(Work earlier) => new(Allocated - earlier.Allocated, Moved - earlier.Moved);
}
