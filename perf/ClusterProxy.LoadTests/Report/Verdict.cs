namespace ClusterProxy.LoadTests.Report;

/// <summary>One requirement held against one topology.</summary>
internal sealed record Verdict(string Scenario, string Topology, string What, double Measured, string Required, bool IsMet);
