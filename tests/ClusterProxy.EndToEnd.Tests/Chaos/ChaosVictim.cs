namespace ClusterProxy.EndToEnd.Tests.Chaos;

/// <summary>What is killed, or broken.</summary>
internal enum ChaosVictim
{
    Server,
    FirstAgent,
    SecondAgent,
    Target,

    /// <summary>Between the agents and the server.</summary>
    Way,
}
