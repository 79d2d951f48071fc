namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>Which way the faults befall.</summary>
public enum FaultPlace
{
    AgentToServer,
    FrontendToServer,
    AgentToTarget,
}
