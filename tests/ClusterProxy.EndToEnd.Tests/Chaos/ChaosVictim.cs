namespace ClusterProxy.EndToEnd.Tests.Chaos;

/// <summary>What is killed.</summary>
internal enum ChaosVictim
{
    Server,
    FirstAgent,
    SecondAgent,
    Target,
}
