namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>Tests that compare memory or open sockets by the thousand run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class QuietCollection
{
    public const string Name = "alone";
}
