namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>A program of the demo ended before it served; the message says which and how.</summary>
internal sealed class ProgramStartException(string message) : Exception(message);
